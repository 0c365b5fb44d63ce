"""`python -m tests.release STEP [FOLDER]`: a step of a release, which writes into a folder; `make release-STEP`."""

from __future__ import annotations

import datetime
import hashlib
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from llmd_routes import __version__

from .changelog import begin_section, date_section, read_section
from .distributions import build, commit_time
from .environment import ROOT
from .krew import write_manifest
from .processes import run_step

_CHANGELOG: Final = ROOT / "CHANGELOG.md"
_FORMER: Final = ROOT / "tests" / "release" / "former.txt"
_CODE: Final = ROOT / "generator" / "__init__.py"


def write_distributions(folder: Path) -> None:
    """Write the wheel and the sdist into `python/`."""
    build(ROOT, folder / "python")


def write_materials(folder: Path) -> None:
    """Write the list of all packages; the wheel must be there."""
    from .materials import write_materials

    wheels = list((folder / "python").glob(f"llmd_routes-{__version__}-*.whl"))
    if not wheels:
        raise ValueError(f"{folder}: has no wheel of {__version__}; run make release-distributions first")
    write_materials(wheels[0], __version__, folder)


def write_executable(folder: Path) -> None:
    """Write the archive for this platform."""
    from .executable import write_executable

    wheel, _ = build(ROOT, ROOT / "build" / "executable")
    write_executable(wheel, __version__, commit_time(ROOT), folder)


def write_krew(folder: Path) -> None:
    """Write the manifest of krew for the archives of the folder.

    Raises ValueError if there are none, or if the repository that will have them is unknown.
    """
    repository = os.environ.get("GITHUB_REPOSITORY")
    if not repository:
        raise ValueError("GITHUB_REPOSITORY: is not set; use the OWNER/NAME that will have the archives")
    home = f"{os.environ.get('GITHUB_SERVER_URL', 'https://github.com')}/{repository}"
    digests = {path.name: _digest(path) for path in folder.glob("*.tar.gz")}
    if not digests:
        raise ValueError(f"{folder}: has no archives; run make release-executable first")
    (folder / "llmd-routes.yaml").write_text(write_manifest(__version__, home, digests), encoding="utf-8")


def write_digests(folder: Path) -> None:
    """Write SHA256SUMS of all files that are published, by their names alone: a release has no folders."""
    paths = sorted(path for path in (*folder.glob("*.*"), *folder.glob("python/*")) if path.name != "notes.md")
    lines = [f"{_digest(path)}  {path.name}\n" for path in sorted(paths, key=lambda path: path.name)]
    (folder / "SHA256SUMS").write_text("".join(lines), encoding="utf-8")


def write_notes(folder: Path) -> None:
    """Write what the changelog has of the version. Raises ValueError if it is not the one of the tag."""
    tag = os.environ.get("GITHUB_REF_NAME", f"v{__version__}")
    if tag != f"v{__version__}":
        raise ValueError(f"tag {tag}: the version of the commit is {__version__}; use v{__version__}")
    notes = read_section(_CHANGELOG.read_text(encoding="utf-8"), __version__)
    (folder / "notes.md").write_text(notes, encoding="utf-8")


def cut(folder: Path) -> None:
    """Date the section of the version in the changelog."""
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    _CHANGELOG.write_text(date_section(_CHANGELOG.read_text(encoding="utf-8"), __version__, today), encoding="utf-8")
    print(f"commit CHANGELOG.md, then push the tag v{__version__}", file=sys.stderr)


def begin(folder: Path) -> None:
    """Change to the version that VERSION names, and begin its section in the changelog; the released one is tagged."""
    version = os.environ.get("VERSION", "")
    if not re.fullmatch(r"\d+\.\d+\.\d+((a|b|rc)\d+)?", version):
        raise ValueError(f"VERSION={version}: invalid version; use one such as 0.2.0")
    released = run_step("git", "-C", str(ROOT), "rev-parse", f"v{__version__}^{{commit}}")
    _CHANGELOG.write_text(begin_section(_CHANGELOG.read_text(encoding="utf-8"), version), encoding="utf-8")
    text = _CODE.read_text(encoding="utf-8")
    _CODE.write_text(text.replace(f'__version__ = "{__version__}"', f'__version__ = "{version}"'), encoding="utf-8")
    _FORMER.write_text(released, encoding="utf-8")
    print("run make manifests, then commit", file=sys.stderr)


STEPS: Final[dict[str, Callable[[Path], None]]] = {
    "distributions": write_distributions,
    "materials": write_materials,
    "executable": write_executable,
    "krew": write_krew,
    "digests": write_digests,
    "notes": write_notes,
    "cut": cut,
    "begin": begin,
}


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def main(step: str, folder: str = "build/release") -> int:
    """Return 1 if the step cannot be done."""
    target = ROOT / folder
    target.mkdir(parents=True, exist_ok=True)
    try:
        STEPS[step](target)
    except ValueError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
