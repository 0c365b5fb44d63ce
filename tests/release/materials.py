"""List the packages that a release is made of, as CycloneDX.

Spec: https://cyclonedx.org/docs/1.6/json/
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from .environment import ROOT, make_environment
from .processes import run_step

NAME: Final = "llmd-routes"


def write_materials(wheel: Path, version: str, target: Path) -> Path:
    """Write the list of a wheel and of the packages of the image into a folder; return its path.

    Two lists of the same files are equal: they have no date and no serial number.
    """
    path = target / f"{NAME}.cdx.json"
    with TemporaryDirectory() as folder:
        python = make_environment(Path(folder), wheel)
        words = ("-m", "cyclonedx_py", "environment", "--spec-version", "1.6", "--output-reproducible", "--validate")
        listed = run_step(
            sys.executable, *words, "--pyproject", str(ROOT / "pyproject.toml"), "--output-file", "-", str(python)
        )
    path.write_text(json.dumps(_completed(json.loads(listed), version), indent=2) + "\n", encoding="utf-8")
    return path


def _completed(listed: dict[str, Any], version: str) -> dict[str, Any]:
    """Return a list whose subject has its version, which pyproject.toml takes from the code."""
    listed["metadata"]["component"]["version"] = version
    return listed
