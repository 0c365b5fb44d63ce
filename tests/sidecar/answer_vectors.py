"""The table of answers, as values."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from llmd_routes_sidecar.answers import Answer
from llmd_routes_sidecar.extraction import Settings
from llmd_routes_sidecar.request_head import Request
from llmd_routes_sidecar.served import Entry

from .catalogs import catalog_of

FILE = Path(__file__).resolve().parent.parent / "vectors" / "answers.yaml"
TABLE: dict[str, Any] = YAML(typ="safe", pure=True).load(FILE.read_text(encoding="utf-8"))
_SAID: dict[str, Any] = TABLE["settings"]
SETTINGS = Settings(
    hosts=tuple(_SAID["hosts"]),
    prefixes=tuple(_SAID["prefixes"]),
    body_limit=_SAID["body_limit"],
    splits=_SAID["splits"],
)
CATALOG = catalog_of(Entry(**entry) for entry in _SAID["entries"])


@dataclass(frozen=True)
class Vector:
    """One row: a request with its body, and what it is told when no route takes it; None when one does."""

    name: str
    request: Request
    body: bytes | None
    out: dict[str, Any] | None
    deviations: dict[str, dict[str, Any]]


def parsed(answer: Answer | None) -> dict[str, Any] | None:
    """Return an answer as the table has it."""
    if answer is None:
        return None
    return {"status": answer.status, "body": json.loads(answer.body)}


def _vector(row: dict[str, Any]) -> Vector:
    said = row["in"]
    request = Request(
        method=said.get("method", "GET"),
        host=said.get("host", "llm.example.com"),
        path=said.get("path", "/v1/models"),
        headers=tuple(said.get("headers", {}).items()),
    )
    return Vector(
        row["name"], request, said["body"].encode() if "body" in said else None, row["out"], row.get("deviations", {})
    )


VECTORS = [_vector(row) for row in TABLE["vectors"]]
