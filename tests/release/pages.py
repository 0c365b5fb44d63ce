"""`python -m tests.release.pages FOLDER`: writes the manual pages and completions of the program that is imported."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from typing import Final

from click_man.core import write_man_pages

from llmd_routes import __version__
from llmd_routes.cli import cli
from tests.golden import run

PROGRAM: Final = "llmd-routes"
# How each shell names the file of a command's completion.
COMPLETIONS: Final = {"bash": PROGRAM, "fish": f"{PROGRAM}.fish", "zsh": f"_{PROGRAM}"}


def write_pages(folder: Path, moment: float) -> None:
    """Write `man/*.1`, with the date of `moment` in seconds since 1970, and `completions/` below a folder."""
    manual, completions = folder / "man", folder / "completions"
    for each in (manual, completions):
        each.mkdir(parents=True)
    date = time.strftime("%Y-%m-%d", time.gmtime(moment))
    write_man_pages(PROGRAM, cli, version=__version__, target_dir=str(manual), date=date)
    for shell, name in COMPLETIONS.items():
        done = run("completion", shell)
        assert done.code == 0, done.stderr
        (completions / name).write_text(done.stdout, encoding="utf-8")


if __name__ == "__main__":
    write_pages(Path(sys.argv[1]), float(os.environ["SOURCE_DATE_EPOCH"]))
