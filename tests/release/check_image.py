"""The image, built from its Dockerfile without Docker: `make image-check`, as root, with buildah and debootstrap.

Its base is not that of the Dockerfile, whose registry a build without a network cannot ask, but Debian of the same name
with Debian's Python. All else is the same: what is installed, with the same hashes, and how the programs start.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest

from llmd_routes import __version__

from .distributions import extract
from .environment import ROOT

EXAMPLE = ROOT / "tests" / "data" / "two-engines"
IMAGE: Final = "llmd-routes:check"
BASE: Final = "docker.io/library/python:check"
# Those of this machine, for pip.
CERTIFICATES: Final = "/etc/ssl/certs:/etc/ssl/certs:ro"
Run = Callable[..., str]


def run(*command: str | Path) -> str:
    variables = {**os.environ, "BUILDAH_ISOLATION": "chroot", "STORAGE_DRIVER": "vfs"}
    done = subprocess.run([*map(str, command)], env=variables, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout.strip()


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    with TemporaryDirectory(prefix="image-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@pytest.fixture(scope="module")
def buildah(folder: Path) -> Iterator[Run]:
    """buildah with images of its own."""

    def call(*words: str | Path) -> str:
        return run("buildah", "--root", folder / "images", "--runroot", folder / "run", *words)

    yield call
    call("rm", "--all")
    call("rmi", "--all", "--force")


@pytest.fixture(scope="module")
def container(folder: Path, buildah: Run) -> str:
    """A container of the image of the commit."""
    text = (ROOT / "manifests" / "image" / "Dockerfile").read_text(encoding="utf-8")
    suite = re.search(r"^ARG PYTHON=[^@\n]*-slim-(\w+)@", text, re.MULTILINE)
    assert suite
    debian = folder / "debian"
    run("debootstrap", "--variant=minbase", "--include=python3,python3-venv,python3-pip", suite[1], debian)
    for mark in debian.glob("usr/lib/python3*/EXTERNALLY-MANAGED"):
        mark.unlink()
    (debian / "usr" / "bin" / "python").symlink_to("python3")
    base = buildah("from", "scratch")
    buildah("add", "--quiet", base, debian, "/")
    buildah("commit", "--quiet", base, BASE)
    extract(ROOT, "HEAD", folder / "tree")
    image = folder / "tree" / "manifests" / "image"
    given = ("--ignorefile", image / "Dockerfile.dockerignore", "--file", image / "Dockerfile", "--tag", IMAGE)
    options = ("--pull-never", "--network", "host", "--volume", CERTIFICATES, "--build-arg", "PYTHON=check")
    buildah("build", *options, *given, folder / "tree")
    return buildah("from", "--pull-never", IMAGE)


def test_the_program_prints_the_same_routes(buildah: Run, container: str) -> None:
    assert buildah("run", container, "--", "llmd-routes", "--version") == f"llmd-routes {__version__}"
    read = ("--volume", f"{EXAMPLE}:/data:ro", container, "--", "llmd-routes", "generate", "-f", "/data/objects.yaml")
    routes = buildah("run", *read).partition("---\n")[2]
    assert routes == (EXAMPLE / "stdout.yaml").read_text(encoding="utf-8").strip().partition("---\n")[2]


def test_it_runs_as_nobody_and_has_both_programs(buildah: Run, container: str) -> None:
    assert buildah("run", container, "--", "id", "-u") == "65532"
    assert "llmd-routes-sidecar" in buildah("run", container, "--", "llmd-routes-sidecar", "--help")


def test_no_file_of_the_program_can_be_changed(buildah: Run, container: str) -> None:
    assert buildah("run", container, "--", "find", "/opt/llmd-routes", "-writable", "-not", "-type", "l") == ""
