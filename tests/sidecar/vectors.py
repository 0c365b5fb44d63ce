"""The table of the contract, as values."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from llmd_routes_sidecar.extraction import Request, Settings

FILE = Path(__file__).resolve().parent.parent / "vectors" / "extraction.yaml"
TABLE: dict[str, Any] = YAML(typ="safe", pure=True).load(FILE.read_text(encoding="utf-8"))
SETTINGS = Settings(
    hosts=tuple(TABLE["settings"]["hosts"]),
    prefixes=tuple(TABLE["settings"]["prefixes"]),
    body_limit=TABLE["settings"]["body_limit"],
    splits=TABLE["settings"]["splits"],
)


@dataclass(frozen=True)
class Vector:
    """One row: a request with its body, and what becomes of it."""

    name: str
    request: Request
    body: bytes | None
    out: dict[str, Any]


def _vector(row: dict[str, Any]) -> Vector:
    said = row["in"]
    headers = said.get("headers", {"content-type": "application/json"})
    pairs = headers.items() if isinstance(headers, dict) else headers
    request = Request(
        method=said.get("method", "POST"),
        host=said.get("host", "llm.example.com"),
        path=said.get("path", "/v1/chat/completions"),
        headers=tuple((name, value) for name, value in pairs),
    )
    return Vector(row["name"], request, _body(said), row["out"])


def _body(said: dict[str, Any]) -> bytes | None:
    if "base64" in said:
        return base64.b64decode(said["base64"])
    if "body" not in said:
        return None
    body: bytes = said["body"].encode()
    return body[:-1] + b" " * said.get("pad", 0) + body[-1:]


VECTORS = [_vector(row) for row in TABLE["vectors"]]
