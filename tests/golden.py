"""Golden cases: `data/<case>/objects.yaml` in, and what the program prints for it, committed beside.

A case folder is named by what it shows. Beside `objects.yaml` it may hold `arguments.txt`, the words that `generate`
gets after `-f objects.yaml`, one a line. All other files are written by `make manifests` and only compared by tests:
`discover.json`, and of `generate` `stdout.yaml`, `stderr.txt` and `exit.txt`. One case holds the program of a gateway's
filter; the others hold only its data, and the number of lines and the digest of the program.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import re
from dataclasses import dataclass
from pathlib import Path

from llmd_routes.cli import main

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(__file__).parent / "data"
SHOW_PROGRAM = "two-engines"
_PROGRAM = re.compile(r"^(?P<indent> +)-- The program: .*\n(?:(?P=indent).*\n|\n)+", re.MULTILINE)


@dataclass(frozen=True)
class Run:
    """What one call of the command line gave."""

    code: int
    stdout: str
    stderr: str

    @property
    def manifests(self) -> str:
        """Return the documents of stdout without the comment at their head, which has the command."""
        return "".join(self.stdout.partition("---\n")[1:])


# A line of errors: a headline, or what stands under it.
ERRORS = re.compile(r"(error: |  \S).*")


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
        "stdout.yaml": held(folder, made.stdout),
        # The folder differs between machines.
        "stderr.txt": made.stderr.replace(f"{folder}/", ""),
        "exit.txt": f"{made.code}\n",
    }


def held(folder: Path, text: str) -> str:
    """Return what the golden file of a case holds of an output."""
    # The command is that of a clone.
    text = text.replace(f"{ROOT}/", "", 1)
    return text if folder.name == SHOW_PROGRAM else without_program(text)


def without_program(text: str) -> str:
    """Return a text with a line that has the digest in place of each program."""

    def digest(found: re.Match[str]) -> str:
        program = found[0]
        short = hashlib.sha256(program.encode()).hexdigest()[:16]
        return f"{found['indent']}-- The program: {program.count(chr(10))} lines, SHA-256 {short}\n"

    return _PROGRAM.sub(digest, text)


def arguments(folder: Path) -> list[str]:
    """Return the words that `generate` gets in a case."""
    path = folder / "arguments.txt"
    return path.read_text(encoding="utf-8").split("\n")[:-1] if path.exists() else []
