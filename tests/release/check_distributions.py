"""What would be published, as users get it: `make release-check`, which installs what checks it.

It is not part of `make test`: it makes environments with all dependencies, and downloads two Pythons.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from llmd_routes import __version__
from tests.bench.progress import to_stderr

from .distributions import build
from .environment import ROOT
from .materials import write_materials
from .pythons import VERSIONS, extract_python

EXAMPLE = ROOT / "tests" / "data" / "two-engines"
OLDEST, NEWEST = VERSIONS


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The wheel and the sdist of the commit."""
    return build(ROOT, tmp_path_factory.mktemp("built"))


def run(*command: str | Path) -> str:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


def check_program(program: Path) -> None:
    """Assert that a program has the version, and prints the routes that the repository has."""
    assert run(program, "--version").split()[-1] == __version__
    routes = run(program, "generate", "-f", EXAMPLE / "objects.yaml")
    kinds = [line for line in routes.splitlines() if line.startswith("kind: ")]
    assert "kind: HTTPRoute" in kinds and "kind: EnvoyFilter" in kinds
    assert routes.partition("---\n")[2] == (EXAMPLE / "stdout.yaml").read_text(encoding="utf-8").partition("---\n")[2]


def test_an_index_accepts_them(built: tuple[Path, Path]) -> None:
    assert run(sys.executable, "-m", "twine", "check", "--strict", *built).count("PASSED") == 2


@pytest.mark.parametrize(("kind", "version"), [("wheel", OLDEST), ("sdist", OLDEST), ("wheel", NEWEST)])
def test_an_empty_environment(built: tuple[Path, Path], kind: str, version: str, tmp_path: Path) -> None:
    """The program without extras prints the same routes as in the repository."""
    python = extract_python(version, tmp_path / "python", to_stderr)
    run(python, "-m", "venv", "--without-pip", tmp_path / "venv")
    programs = tmp_path / "venv" / "bin"
    assert run(programs / "python", "--version").startswith(f"Python {version}.")
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", programs / "python")
    run(*pip, "install", "--quiet", built[kind == "sdist"])
    run(*pip, "check")
    check_program(programs / "llmd-routes")


def test_the_list_of_packages(built: tuple[Path, Path], tmp_path: Path) -> None:
    """It has every package of the image at its version, and what the program needs directly."""
    path = write_materials(built[0], __version__, tmp_path)
    listed = json.loads(path.read_text(encoding="utf-8"))
    subject = listed["metadata"]["component"]
    assert (listed["specVersion"], subject["name"], subject["version"]) == ("1.6", "llmd-routes", __version__)
    lines = (ROOT / "manifests" / "image" / "requirements.txt").read_text(encoding="utf-8").splitlines()
    locked = {tuple(line.split()[0].split("==")) for line in lines if "==" in line}
    packages = {(canonicalize_name(each["name"]), each["version"]) for each in listed["components"]}
    assert packages == locked
    needed = {each["ref"]: set(each.get("dependsOn", ())) for each in listed["dependencies"]}
    direct = {name.partition("==")[0] for name in needed[subject["bom-ref"]]}
    assert {"click", "kubernetes", "pydantic", "ruamel.yaml"} <= direct
    again = write_materials(built[0], __version__, tmp_path)
    assert json.loads(again.read_text(encoding="utf-8")) == listed
