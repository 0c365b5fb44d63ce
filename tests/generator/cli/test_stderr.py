"""Words for people: quiet, coloured on request, wrapped only on a terminal."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import termios

import pytest

from tests.golden import DATA, run

EXAMPLE = str(DATA / "shared-labels" / "objects.yaml")
ROUTED = str(DATA / "data-parallel-ranks" / "objects.yaml")


def test_quiet_prints_errors_and_nothing_else() -> None:
    assert run("generate", "-f", ROUTED, "-q").stderr == ""
    assert run("generate", "-f", ROUTED).stderr != ""
    assert run("generate", "-f", EXAMPLE, "-q").stderr == run("generate", "-f", EXAMPLE).stderr
    quiet = run("discover", "-f", EXAMPLE, "-q").stderr
    assert quiet.startswith("error: ") and "\ninfo: " not in quiet and "next: " not in quiet


def test_one_call_does_not_change_the_next() -> None:
    run("generate", "-f", ROUTED, "-q", "--color", "always")
    assert "warning: " in run("generate", "-f", ROUTED).stderr


@pytest.mark.parametrize(
    ("words", "coloured"), [([], False), (["--color", "always"], True), (["--color=never"], False)]
)
def test_colour_outside_of_a_terminal_is_asked_for(words: list[str], coloured: bool) -> None:
    assert ("\x1b[1;31merror\x1b[0m: " in run("generate", "-f", EXAMPLE, *words).stderr) is coloured


def on_a_terminal(columns: int = 80, **variables: str) -> str:
    """Return what generate prints to a terminal on stderr, with a pipe on stdout."""
    main, other = pty.openpty()
    termios.tcsetwinsize(other, (24, columns))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "NO_COLOR")}
    environment |= {"TERM": "xterm"} | variables
    command = [sys.executable, "-m", "llmd_routes", "generate", "-f", EXAMPLE]
    subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=other, check=False)
    os.close(other)
    chunks = []
    while True:
        try:
            chunk = os.read(main, 65536)
        except OSError:
            break
        if not chunk:
            break
        chunks.append(chunk)
    os.close(main)
    return b"".join(chunks).decode().replace("\r\n", "\n")


def test_a_terminal_gets_colour_and_lines_of_its_width() -> None:
    shown = on_a_terminal()
    assert shown.startswith("\x1b[1;31merror\x1b[0m: 2 ModelServices cannot be told apart [cross-selection]\n")
    plain = on_a_terminal(NO_COLOR="1")
    assert "\x1b" not in plain
    commands = ("  fix: llmd-routes", "/")
    assert all(len(line) <= 80 for line in plain.splitlines() if not any(word in line for word in commands))
    assert on_a_terminal(TERM="dumb") == plain
    wide = on_a_terminal(columns=120, NO_COLOR="1")
    assert 80 < max(len(line) for line in wide.splitlines() if not any(word in line for word in commands)) <= 120
    assert on_a_terminal(columns=120, NO_COLOR="1", COLUMNS="80") == plain
