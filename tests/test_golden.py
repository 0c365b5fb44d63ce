"""Nothing that is made from the code is stale, and what is printed holds to its schema."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from .golden import folders
from .regenerate import ROOT, files

MADE = files()


@pytest.mark.parametrize("path", MADE, ids=lambda path: str(path.relative_to(ROOT)))
def test_made_files_are_up_to_date(path: Path) -> None:
    assert path.read_text(encoding="utf-8") == MADE[path], "run `make manifests`, and read the difference"


def test_examples_are_what_is_made_and_nothing_more() -> None:
    there = {path for path in (ROOT / "manifests" / "examples").rglob("*") if path.is_file()}
    assert there == {path for path in MADE if "examples" in path.parts}


@pytest.mark.parametrize("folder", folders(), ids=lambda folder: folder.name)
def test_discover_holds_to_its_schema(folder: Path) -> None:
    schema = json.loads(MADE[ROOT / "docs" / "discover.schema.json"])
    jsonschema.validate(json.loads(MADE[folder / "discover.json"]), schema)
