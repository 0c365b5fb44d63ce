"""What the image is built from: nothing that floats, nobody's root, and everything that its programs need.

Built it is only where Docker is; here its packages are compared with what the project asks for.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
DOCKERFILE = (ROOT / "manifests" / "image" / "Dockerfile").read_text(encoding="utf-8")
LOCKS = ("requirements.txt", "build-requirements.txt")


def pinned(name: str) -> dict[str, str]:
    """Return the versions of a file of requirements by package; each has the hashes of its files."""
    text = (ROOT / "manifests" / "image" / name).read_text(encoding="utf-8").replace("\\\n", "")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    assert lines and all(re.fullmatch(r"\S+==\S+( +--hash=sha256:[0-9a-f]{64})+", line) for line in lines)
    return {canonicalize_name(line.partition("==")[0]): line.partition("==")[2].split()[0] for line in lines}


PINNED = pinned("requirements.txt")


def test_every_package_of_the_project_is_there_at_a_version_that_it_takes() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["sidecar"]]
    assert wanted
    for one in map(Requirement, wanted):
        assert one.specifier.contains(PINNED[canonicalize_name(one.name)]), one


def test_everything_is_one_version() -> None:
    versions = [version for name in LOCKS for version in pinned(name).values()]
    assert all(re.fullmatch(r"[0-9][0-9a-z.]*", version) for version in versions)
    tags = re.findall(r"^ARG PYTHON=(.*)$", DOCKERFILE, re.MULTILINE)
    assert tags and all(re.fullmatch(r"\d+\.\d+\.\d+-slim-\w+@sha256:[0-9a-f]{64}", tag) for tag in tags)
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) == {"python:${PYTHON}"}


def test_only_files_with_known_hashes_are_installed() -> None:
    installs = re.findall(r"pip (?:--python \S+ )?(?:install|wheel) (?:[^&\\\n]|\\\n)*", DOCKERFILE)
    assert len(installs) == 4
    for command in installs:
        # Or nothing is fetched.
        assert "--require-hashes" in command or "--no-index" in command or "--no-build-isolation" in command
        assert "--no-deps" in command


def test_the_image_is_nobodys_root() -> None:
    last = DOCKERFILE.rpartition("\nFROM ")[2]
    # A number, or a kubelet cannot tell that it is not root (runAsNonRoot).
    assert re.search(r"^USER 65532:65532$", last, re.MULTILINE)
    assert "RUN" not in last


def test_what_is_copied_is_in_the_context() -> None:
    ignored = (ROOT / "manifests" / "image" / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()
    kept = {line[1:] for line in ignored if line.startswith("!")}
    copied = {
        word for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE) for word in line.split()[:-1]
    }
    assert copied == kept and all((ROOT / name).exists() for name in kept)
