"""The wheel and the sdist: the same bytes wherever they are built, and everything that they must have."""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
import zipfile
from pathlib import Path

import pytest

from tests.release.distributions import PACKAGES, build, normalize

ROOT = Path(__file__).resolve().parents[2]


def is_clone() -> bool:
    return (ROOT / ".git").exists()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    if not is_clone():
        pytest.skip("needs the commits of the project: not a git clone")
    return build(ROOT, tmp_path_factory.mktemp("first"))


@pytest.fixture(scope="module")
def wheel(built: tuple[Path, Path]) -> zipfile.ZipFile:
    return zipfile.ZipFile(built[0])


@pytest.fixture(scope="module")
def committed() -> set[str]:
    """The committed files, as paths of the repository."""
    listed = subprocess.run(
        ["git", "-C", str(ROOT), "ls-tree", "-r", "--name-only", "HEAD"], capture_output=True, text=True, check=True
    )
    return set(listed.stdout.splitlines())


@pytest.fixture(scope="module")
def names(built: tuple[Path, Path]) -> set[str]:
    """The files of the sdist, without its folder."""
    with tarfile.open(built[1]) as archive:
        return {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}


def test_a_second_build_has_the_same_bytes(
    built: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the time, the time zone, the language and the rights of new files are."""
    for name, value in (("TZ", "Asia/Tokyo"), ("LC_ALL", "C"), ("PYTHONHASHSEED", "1")):
        monkeypatch.setenv(name, value)
    before = os.umask(0o077)
    try:
        again = build(ROOT, tmp_path)
    finally:
        os.umask(before)
    assert [path.name for path in again] == [path.name for path in built]
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in built]


def test_the_wheel_has_all_files_of_the_packages(wheel: zipfile.ZipFile, committed: set[str]) -> None:
    expected = {
        f"{PACKAGES[folder]}/{rest}"
        for folder, _, rest in (name.partition("/") for name in committed)
        if folder in PACKAGES
    }
    assert {name for name in wheel.namelist() if ".dist-info/" not in name} == expected


def test_the_metadata_of_the_wheel(wheel: zipfile.ZipFile) -> None:
    name = next(name for name in wheel.namelist() if name.endswith("METADATA"))
    metadata = wheel.read(name).decode()
    assert "License-Expression: Apache-2.0" in metadata
    assert "Requires-Python: >=3.11" in metadata
    points = wheel.read(name.replace("METADATA", "entry_points.txt")).decode()
    assert "llmd-routes = llmd_routes.__main__:main" in points


def test_the_sdist_has_what_is_committed(names: set[str], committed: set[str]) -> None:
    hidden = {name for name in committed if name.startswith(".")}
    assert committed - hidden - names == set()


def test_the_sdist_has_a_manual_and_completions(built: tuple[Path, Path], names: set[str]) -> None:
    assert {"completions/_llmd-routes", "completions/llmd-routes", "completions/llmd-routes.fish"} <= names
    assert {"man/llmd-routes.1", "man/llmd-routes-generate.1"} <= names
    with tarfile.open(built[1]) as archive:
        page = archive.extractfile(f"{built[1].name.removesuffix('.tar.gz')}/man/llmd-routes-generate.1")
        assert page is not None
        text = page.read().decode()
    assert text.startswith('.TH "LLMD-ROUTES GENERATE" "1" ') and "\\-\\-default\\-engine" in text


def test_an_archive_says_nothing_of_its_machine() -> None:
    raw = io.BytesIO()
    with tarfile.open(fileobj=raw, mode="w:gz") as archive:
        for number, name in enumerate(("b/z.sh", "a.txt", "b")):
            member = tarfile.TarInfo(name)
            member.uid, member.uname, member.mtime = number, "builder", number
            member.mode = (0o700, 0o600, 0o775)[number]
            member.type = tarfile.DIRTYPE if name == "b" else tarfile.REGTYPE
            archive.addfile(member, io.BytesIO())
    with tarfile.open(fileobj=io.BytesIO(normalize(raw.getvalue(), 1000))) as archive:
        members = [(each.name, each.mode, each.uid, each.uname, each.mtime) for each in archive.getmembers()]
    assert members == [("a.txt", 0o644, 0, "", 1000), ("b", 0o755, 0, "", 1000), ("b/z.sh", 0o755, 0, "", 1000)]
