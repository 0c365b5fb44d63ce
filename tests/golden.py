"""Golden cases: `data/<case>/objects.yaml` in, and what the program prints for it, committed beside.

A case folder is named by what it shows. Beside `objects.yaml` it may hold `arguments.txt`, the words that `generate`
gets after `-f objects.yaml`, one a line. All other files are written by `make manifests` and only compared by tests:
`discover.json`, and of `generate` `stdout.yaml`, `stderr.txt` and `exit.txt`.
"""

from __future__ import annotations

import contextlib
import io
from dataclasses import dataclass
from pathlib import Path

from llmd_routes.cli import main

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class Run:
    """What one call of the command line gave."""

    code: int
    stdout: str
    stderr: str


def run(*argv: str) -> Run:
    """Call the command line in this process."""
    stdout, stderr = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(stderr):
        code = main(argv)
    return Run(code, stdout.getvalue(), stderr.getvalue())


def folders() -> list[Path]:
    """Return the case folders, sorted."""
    return sorted(path.parent for path in DATA.glob("*/objects.yaml"))


def outputs(folder: Path) -> dict[str, str]:
    """Return the golden files of a case by name."""
    example = str(folder / "objects.yaml")
    shown = run("discover", "-f", example, "-o", "json")
    made = run("generate", "-f", example, *arguments(folder))
    return {
        "discover.json": shown.stdout,
        "stdout.yaml": made.stdout,
        "stderr.txt": made.stderr,
        "exit.txt": f"{made.code}\n",
    }


def arguments(folder: Path) -> list[str]:
    """Return the words that `generate` gets in a case."""
    path = folder / "arguments.txt"
    return path.read_text(encoding="utf-8").split("\n")[:-1] if path.exists() else []
