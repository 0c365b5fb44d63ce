"""Build a program for computers without Python: a folder with an executable, as an archive for this platform."""

from __future__ import annotations

import io
import os
import platform
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from .distributions import normalize
from .environment import ROOT, make_environment
from .processes import run_step

# krew links this name into the folder of kubectl's plugins.
PROGRAM: Final = "kubectl-llmd_routes"
FOLDER: Final = "llmd-routes"
_ARCHITECTURES: Final = {"x86_64": "amd64", "aarch64": "arm64"}
_START: Final = "import sys\n\nfrom llmd_routes.__main__ import main\n\nsys.exit(main())\n"
_OPTIONS: Final = (
    *("--onedir", "--noconfirm", "--log-level", "ERROR"),
    *("--collect-submodules", "llmd_routes", "--collect-data", "llmd_routes_templates"),
)


def this_platform() -> tuple[str, str]:
    """Return the system and the architecture as krew names them, such as linux and amd64."""
    machine = platform.machine().lower()
    return platform.system().lower(), _ARCHITECTURES.get(machine, machine)


def write_executable(wheel: Path, version: str, moment: int, target: Path) -> Path:
    """Write `llmd-routes-VERSION-SYSTEM-ARCHITECTURE.tar.gz` into a folder; return its path.

    `moment`, in seconds since 1970, is the time of all its files.
    """
    path = target / f"{FOLDER}-{version}-{'-'.join(this_platform())}.tar.gz"
    with TemporaryDirectory() as name:
        folder = Path(name)
        python = make_environment(folder / "venv", wheel, "--group", f"{ROOT / 'pyproject.toml'}:executable")
        start = folder / "start.py"
        start.write_text(_START, encoding="utf-8")
        places = ("--workpath", str(folder / "work"), "--distpath", str(folder / "made"), "--specpath", name)
        variables = {**os.environ, "SOURCE_DATE_EPOCH": str(moment), "PYTHONHASHSEED": "1"}
        words = ("-m", "PyInstaller", *_OPTIONS, *places, "--name", PROGRAM, str(start))
        run_step(str(python), *words, variables=variables)
        path.write_bytes(normalize(_packed(folder / "made" / PROGRAM), moment))
    return path


def _packed(folder: Path) -> bytes:
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz", compresslevel=1) as packed:
        packed.add(folder, FOLDER)
        packed.add(ROOT / "LICENSE", f"{FOLDER}/LICENSE")
    return archive.getvalue()
