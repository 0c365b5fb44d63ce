"""Nothing that is shipped installs what somebody else could replace: an unowned name, a tag, a file without a hash."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = (ROOT / "manifests" / "source.txt").read_text(encoding="utf-8").splitlines()[-1]
SHIPPED = [
    path
    for pattern in ("*.md", "docs/**/*", "manifests/**/*", ".github/**/*", "helmfile.yaml", ".pre-commit-hooks.yaml")
    for path in sorted(ROOT.glob(pattern))
    if path.is_file()
]
# What `pip install` may be given: this repository, a file whose hashes are checked, or the address with a commit.
ALLOWED = re.compile(r"\.|'\.(\[(sidecar|compare)\])?'|\"\$LLMD_ROUTES_SOURCE\"|wheels/\*\.whl|" + re.escape(SOURCE))


def lines(pattern: str) -> Iterator[tuple[Path, re.Match[str]]]:
    for path in SHIPPED:
        text = path.read_text(encoding="utf-8").replace("\\\n", " ")
        for line in text.splitlines():
            for found in re.finditer(pattern, line):
                yield path, found


def test_the_source_is_a_commit() -> None:
    assert re.fullmatch(r"git\+https://\S+\.git@[0-9a-f]{40}", SOURCE)


def test_the_commit_is_one_of_this_project() -> None:
    known = subprocess.run(
        ["git", "-C", str(ROOT), "cat-file", "-e", SOURCE.rpartition("@")[2]], capture_output=True, check=False
    )
    if known.returncode != 0:
        pytest.skip("needs the commits of the project: not a git clone")


def test_nothing_is_installed_by_a_name_that_nobody_owns() -> None:
    installs = list(lines(r"\b(?:pip|pip3|pipx|uv tool|uvx|uv pip)(?: --\S+ \S+)? install((?: [^&|;`#]+)+)"))
    assert len(installs) > 5
    for path, found in installs:
        words = [word.rstrip(",.") for word in found[1].split() if not word.startswith("-") and word != ":all:"]
        if "--require-hashes" in found[1]:
            continue
        assert words and all(ALLOWED.fullmatch(word) or word == "" for word in words[:1]), (path, found[0])


def test_actions_are_commits() -> None:
    actions = list(lines(r"uses: (\S+)"))
    assert actions
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", found[1]) for _, found in actions)


def test_images_of_jobs_have_a_digest() -> None:
    images = [found for path, found in lines(r"^ +image: (\S+)$") if path.parent.name == "ci"]
    assert images and all("@sha256:" in found[1] for found in images)


def test_jobs_install_the_same_source() -> None:
    addresses = {found[0] for _, found in lines(r"git\+https://\S+")}
    assert addresses == {SOURCE}
