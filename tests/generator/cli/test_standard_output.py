"""A full or closed stdout is one line on stderr, and the exit code of errors."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from llmd_routes.cli.standard_output import ClosedOutput
from tests.golden import DATA

OBJECTS = DATA / "two-engines" / "objects.yaml"
COMMANDS = ["generate", "generate -o json", "discover", "discover -o yaml", "label"]


def ran(command: str, redirection: str, source: Path = OBJECTS) -> tuple[int, str]:
    words = shlex.join([sys.executable, "-m", "llmd_routes", *command.split(), "-f", str(source)])
    done = subprocess.run(["sh", "-c", f"{words} {redirection}"], capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full, a device of Linux")
@pytest.mark.parametrize("command", COMMANDS)
def test_a_full_device(command: str) -> None:
    source = DATA / "shared-labels" / "objects.yaml" if command == "label" else OBJECTS
    code, stderr = ran(command, ">/dev/full", source)
    assert (code, stderr) == (2, "error: stdout: cannot be written: no space left on device\n")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_closed_stream(command: str) -> None:
    source = DATA / "shared-labels" / "objects.yaml" if command == "label" else OBJECTS
    code, stderr = ran(command, ">&-", source)
    assert (code, stderr) == (2, "error: stdout: cannot be written: bad file descriptor\n")


def test_a_file_needs_no_stdout(tmp_path: Path) -> None:
    code, _ = ran(f"generate --output-file {tmp_path / 'out.yaml'}", ">&-")
    assert code == 0 and (tmp_path / "out.yaml").read_text().startswith("---\n")


def test_nothing_can_be_written_to_a_closed_stream() -> None:
    assert ClosedOutput().write("") == 0
    with pytest.raises(OSError, match="Bad file descriptor"):
        ClosedOutput().write("x")
