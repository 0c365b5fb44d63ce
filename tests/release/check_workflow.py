"""The workflow that publishes a version, up to what writes to registries, and what it makes: `make release-check`."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from llmd_routes import __version__
from tests.bench.gobuild import KREW, KUBECTL, VALIDATE_KREW, programs
from tests.bench.golang import find_go
from tests.bench.progress import to_stderr

from .changelog import UNRELEASED
from .check_distributions import check_program
from .distributions import build
from .environment import ROOT
from .executable import this_platform
from .workflow import ELSEWHERE, read_steps

REPOSITORY = "example/llmd-routes"
COMMITTER = ("-c", "user.name=a", "-c", "user.email=a@example.com")
ARCHIVE = f"llmd-routes-{__version__}-{'-'.join(this_platform())}.tar.gz"


def sh(folder: Path, script: str, further: Mapping[str, str]) -> str:
    """Run a script as the workflow does."""
    variables = {**os.environ, "PYTHON": sys.executable, **further}
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script], cwd=folder, env=variables, capture_output=True, text=True
    )
    assert done.returncode == 0, (script, done.stdout, done.stderr)
    return done.stdout


@pytest.fixture(scope="module")
def clone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clone in which the version is cut and tagged, and all steps of the workflow ran."""
    folder = tmp_path_factory.mktemp("release") / "clone"
    subprocess.run(["git", "clone", "-q", ROOT, folder], check=True)
    if f"## [{__version__}] - {UNRELEASED}" in (folder / "CHANGELOG.md").read_text(encoding="utf-8"):
        sh(folder, "make release-cut", {})
        subprocess.run(["git", *COMMITTER, "commit", "-qam", f"Release {__version__}"], cwd=folder, check=True)
    subprocess.run(["git", "tag", "-f", f"v{__version__}"], cwd=folder, check=True, capture_output=True)
    given = {"GITHUB_REF_NAME": f"v{__version__}", "GITHUB_REPOSITORY": REPOSITORY}
    for step in read_steps():
        if step.name not in ELSEWHERE:
            sh(folder, step.run, given)
    return folder


@pytest.fixture(scope="module")
def made(clone: Path) -> Path:
    """What the workflow made."""
    return clone / "build" / "release"


@pytest.fixture(scope="module")
def tools() -> dict[str, Path]:
    return programs(find_go(to_stderr), (KREW, KUBECTL, VALIDATE_KREW), to_stderr)


def test_everything_that_is_published(clone: Path, made: Path) -> None:
    files = {str(path.relative_to(made)) for path in made.rglob("*") if path.is_file()}
    python = {f"python/{path.name}" for path in build(clone, clone / "build" / "again")}
    assert files == python | {ARCHIVE, "SHA256SUMS", "llmd-routes.cdx.json", "llmd-routes.yaml", "notes.md"}
    for name in python:
        assert (made / name).read_bytes() == (clone / "build" / "again" / Path(name).name).read_bytes()
    sums = (made / "SHA256SUMS").read_text(encoding="utf-8")
    assert {line.split()[1] for line in sums.splitlines()} == {Path(name).name for name in files} - {
        "SHA256SUMS",
        "notes.md",
    }
    sh(made, "cp -n python/* . && sha256sum --check --strict SHA256SUMS && rm llmd_routes-*", {})


def test_the_tree_is_clean(clone: Path) -> None:
    """No step changes a file of the repository."""
    assert sh(clone, "git status --porcelain", {}) == ""


def test_the_notes_are_those_of_the_version(made: Path) -> None:
    notes = (made / "notes.md").read_text(encoding="utf-8")
    assert notes.startswith("### ") and "\n## " not in notes


def test_another_tag_is_refused(clone: Path) -> None:
    done = subprocess.run(
        ["make", "-s", "release-notes"],
        cwd=clone,
        env={**os.environ, "GITHUB_REF_NAME": "v9.9.9"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert f"error: tag v9.9.9: the version of the commit is {__version__}; use v{__version__}" in done.stderr


def test_the_executable_needs_no_python(made: Path, tmp_path: Path) -> None:
    with tarfile.open(made / ARCHIVE) as archive:
        archive.extractall(tmp_path, filter="data")
    assert (tmp_path / "llmd-routes" / "LICENSE").is_file()
    program = tmp_path / "llmd-routes" / "kubectl-llmd_routes"
    check_program(program)
    # The client of clusters is there: it is imported only when it is used.
    nowhere = tmp_path / "config"
    nowhere.write_text(
        "{apiVersion: v1, kind: Config, current-context: c, contexts: [{name: c, context: {cluster: c, user: u}}],"
        " clusters: [{name: c, cluster: {server: 'http://127.0.0.1:1'}}], users: [{name: u, user: {}}]}"
    )
    done = subprocess.run(
        [program, "discover"],
        env={"KUBECONFIG": str(nowhere), "PATH": "/nonexistent"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: cluster http://127.0.0.1:1: cannot be reached: ")


def test_krew_installs_it(made: Path, tools: dict[str, Path], tmp_path: Path) -> None:
    """krew accepts the manifest, installs the archive of this platform, and kubectl runs it."""
    manifest = made / "llmd-routes.yaml"
    checked = subprocess.run(
        [tools["validate-krew-manifest"], "-skip-install", "-manifest", manifest],
        capture_output=True,
        text=True,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "kubectl").symlink_to(tools["kubectl"])
    path = f"{tmp_path / 'krew' / 'bin'}{os.pathsep}{tmp_path / 'bin'}{os.pathsep}/usr/bin{os.pathsep}/bin"
    given = {"KREW_ROOT": str(tmp_path / "krew"), "HOME": str(tmp_path), "PATH": path, "KREW_NO_UPGRADE_CHECK": "1"}
    sh(tmp_path, f"'{tools['krew']}' install --manifest='{manifest}' --archive='{made / ARCHIVE}'", given)
    assert sh(tmp_path, "kubectl llmd-routes --version", given).split()[-1] == __version__
    (platform,) = YAML(typ="safe").load(manifest)["spec"]["platforms"]
    assert platform["uri"] == f"https://github.com/{REPOSITORY}/releases/download/v{__version__}/{ARCHIVE}"


def test_the_next_version(clone: Path) -> None:
    """It begins with a section of its own, and every committed file has it."""
    sh(clone, "make release-begin VERSION=9.8.7 && make manifests", {})
    assert sh(clone, ".venv/bin/llmd-routes --version", {}).split()[-1] == "9.8.7"
    changelog = (clone / "CHANGELOG.md").read_text(encoding="utf-8")
    assert changelog.index(f"## [9.8.7] - {UNRELEASED}") < changelog.index(f"## [{__version__}]")
    released = sh(clone, "git rev-parse HEAD", {})
    assert (clone / "tests" / "release" / "former.txt").read_text(encoding="utf-8") == released
    assert "version: 9.8.7" in (clone / "manifests" / "helm-plugin" / "plugin.yaml").read_text(encoding="utf-8")
    assert sh(clone, f"git grep -lF 'llmd-routes {__version__}' -- tests/data manifests || true", {}) == ""
