"""Build the wheel and the sdist of a commit; the same commit gives the same bytes.

Source: https://reproducible-builds.org/docs/source-date-epoch/
"""

from __future__ import annotations

import gzip
import io
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from .processes import run_step

_FILE, _FOLDER = 0o644, 0o755
_COMPRESSION: Final = 9
# The folders of the repository, and the packages that they become.
PACKAGES: Final = {"generator": "llmd_routes", "sidecar": "llmd_routes_sidecar", "templates": "llmd_routes_templates"}


def build(root: Path, target: Path) -> tuple[Path, Path]:
    """Write the wheel and the sdist of the commit that is checked out below `root` into `target`; return their paths.

    Files that are not committed are not read. The wheel is built from the sdist, so the sdist is complete. Raises
    CalledProcessError if a step fails.
    """
    moment = commit_time(root)
    target.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as folder:
        tree, built = Path(folder, "tree"), Path(folder, "built")
        variables = {**os.environ, "SOURCE_DATE_EPOCH": str(moment)}
        extract(root, "HEAD", tree)
        _add_pages(tree, variables)
        run_step(
            sys.executable, "-m", "build", "--no-isolation", "--outdir", str(built), str(tree), variables=variables
        )
        (wheel,), (sdist,) = built.glob("*.whl"), built.glob("*.tar.gz")
        (target / wheel.name).write_bytes(wheel.read_bytes())
        (target / sdist.name).write_bytes(normalize(sdist.read_bytes(), moment))
        return target / wheel.name, target / sdist.name


def commit_time(root: Path) -> int:
    """Return the time of the commit that is checked out, in seconds since 1970."""
    return int(run_step("git", "-C", str(root), "log", "-1", "--format=%ct").strip())


def normalize(archive: bytes, moment: int) -> bytes:
    """Return a tar.gz with the same files, in the order of their names and without traces of the machine that made it.

    All files are of `moment`, in seconds since 1970. setuptools writes the time of the build into an sdist, and the
    names of its user: https://github.com/pypa/setuptools/issues/2133.
    """
    packed = io.BytesIO()
    with (
        tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as old,
        gzip.GzipFile("", "wb", _COMPRESSION, packed, mtime=moment) as compressed,
        tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as new,
    ):
        for member in sorted(old.getmembers(), key=lambda each: each.name):
            clean = tarfile.TarInfo(member.name)
            clean.type, clean.size, clean.linkname, clean.mtime = member.type, member.size, member.linkname, moment
            clean.mode = _FOLDER if member.isdir() or member.mode & 0o100 else _FILE
            new.addfile(clean, old.extractfile(member) if member.isfile() else None)
    return packed.getvalue()


def extract(root: Path, commit: str, tree: Path) -> None:
    """Write the files of a commit of the repository `root` into `tree`. Raises CalledProcessError if it is unknown."""
    packed = subprocess.run(["git", "-C", str(root), "archive", commit], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(tree, filter="data")


def link_packages(tree: Path, folder: Path) -> None:
    """Make links to the packages in `tree`, by the names that they are imported by."""
    for name, package in PACKAGES.items():
        (folder / package).symlink_to(tree / name)


def _add_pages(tree: Path, variables: dict[str, str]) -> None:
    """Write the manual pages and completions of the program in `tree` beside it."""
    with TemporaryDirectory() as links:
        link_packages(tree, Path(links))
        variables = {**variables, "PYTHONPATH": os.pathsep.join((links, str(tree))), "PYTHONDONTWRITEBYTECODE": "1"}
        run_step(sys.executable, "-m", "tests.release.pages", str(tree), variables=variables, folder=tree)
