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
PINNED = {
    canonicalize_name(name): version
    for name, _, version in (
        line.partition("==")
        for line in (ROOT / "manifests" / "image" / "requirements.txt").read_text(encoding="utf-8").splitlines()
        if not line.startswith("#")
    )
}


def test_every_package_of_the_project_is_there_at_a_version_that_it_takes() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["sidecar"]]
    assert wanted
    for one in map(Requirement, wanted):
        assert one.specifier.contains(PINNED[canonicalize_name(one.name)]), one


def test_everything_is_one_version() -> None:
    assert all(re.fullmatch(r"[0-9][0-9a-z.]*", version) for version in PINNED.values())
    tags = re.findall(r"^ARG PYTHON=(.*)$", DOCKERFILE, re.MULTILINE)
    assert tags and all(re.fullmatch(r"\d+\.\d+\.\d+-slim-\w+", tag) for tag in tags)
    assert set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)) == {"python:${PYTHON}"}


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
