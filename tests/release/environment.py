"""An environment with the packages of the image, at the versions and with the hashes that it has."""

from __future__ import annotations

import sys
import venv
from pathlib import Path

from .processes import run_step

ROOT = Path(__file__).resolve().parents[2]
_PIP = ("-m", "pip", "--disable-pip-version-check", "--quiet")


def make_environment(folder: Path, wheel: Path, *further: str) -> Path:
    """Make a virtual environment with a wheel and without pip; return its Python.

    `further` are arguments of pip that install more. Raises CalledProcessError if a package cannot be installed.
    """
    venv.create(folder, symlinks=True)
    python = folder / "bin" / "python"
    pip = (sys.executable, *_PIP, "--python", str(python), "install")
    locked = ROOT / "manifests" / "image" / "requirements.txt"
    run_step(*pip, "--require-hashes", "--no-deps", "--only-binary", ":all:", "-r", str(locked))
    run_step(*pip, "--no-index", "--no-deps", str(wheel))
    if further:
        run_step(*pip, *further)
    return python
