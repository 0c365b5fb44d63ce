"""What would be published, as users get it: `make release-check`, which installs what checks it.

It is not part of `make test`: it makes environments with all dependencies.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from llmd_routes import __version__
from tests.release.distributions import build

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "tests" / "data" / "two-engines"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The wheel and the sdist of the commit."""
    return build(ROOT, tmp_path_factory.mktemp("built"))


def run(*command: str | Path) -> str:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


def test_an_index_accepts_them(built: tuple[Path, Path]) -> None:
    assert run(sys.executable, "-m", "twine", "check", "--strict", *built).count("PASSED") == 2


@pytest.mark.parametrize("kind", [0, 1], ids=["wheel", "sdist"])
def test_an_empty_environment(built: tuple[Path, Path], kind: int, tmp_path: Path) -> None:
    """The program without extras prints the same routes as in the repository."""
    run(sys.executable, "-m", "venv", tmp_path / "venv")
    programs = tmp_path / "venv" / "bin"
    run(programs / "python", "-m", "pip", "install", "--quiet", "--disable-pip-version-check", built[kind])
    run(programs / "python", "-m", "pip", "check")
    assert run(programs / "llmd-routes", "--version").split()[-1] == __version__
    routes = run(programs / "llmd-routes", "generate", "-f", EXAMPLE / "objects.yaml")
    kinds = [line for line in routes.splitlines() if line.startswith("kind: ")]
    assert "kind: HTTPRoute" in kinds and "kind: EnvoyFilter" in kinds
    assert routes.partition("---\n")[2] == (EXAMPLE / "stdout.yaml").read_text(encoding="utf-8").partition("---\n")[2]
