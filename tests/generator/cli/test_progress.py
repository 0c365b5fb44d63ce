"""The line that a terminal shows while reading takes long."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from llmd_routes.cli import progress as module
from llmd_routes.cli.progress import progress


def test_nothing_is_written_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(module, "_INTERVAL_S", 0.0)
    with progress("reading"):
        pass
    assert stream.getvalue() == ""


@pytest.mark.parametrize(("options", "is_shown"), [((), True), (("-q",), False)])
def test_a_terminal_shows_a_line_and_erases_it(options: tuple[str, ...], is_shown: bool, tmp_path: Path) -> None:
    """Stdin ends only after the line has appeared, or after as long without it."""
    main, terminal = pty.openpty()
    command = [sys.executable, "-m", "llmd_routes", "discover", "-f", "-", *options]
    environment = {**os.environ, "TERM": "xterm"}
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=terminal, cwd=tmp_path, env=environment
    )
    os.close(terminal)
    assert process.stdin is not None
    if is_shown:
        assert b"reading ... " in os.read(main, 100)
    process.stdin.close()
    rest = b""
    while chunk := read(main):
        rest += chunk
    process.wait()
    os.close(main)
    assert rest.startswith(b"\r\x1b[K") is is_shown
    assert b"error: -: empty" in rest.replace(b"\x1b[1m", b"").replace(b"\x1b[0m", b"") or b"error" in rest


def read(descriptor: int) -> bytes:
    """Return what a terminal has, nothing once its other end is closed."""
    try:
        return os.read(descriptor, 1000)
    except OSError:
        return b""
