"""The table of what engines see of bodies, as values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ruamel.yaml import YAML

from llmd_routes_sidecar.request_head import Request

from .vectors import FILE, SETTINGS

STRIPPING = replace(SETTINGS, strip_engine_fields=True)


@dataclass(frozen=True)
class Stripped:
    """One row: a request with its body, and what becomes of that."""

    name: str
    request: Request
    body: bytes
    out: bytes


def _row(row: dict[str, Any]) -> Stripped:
    headers = (("content-type", row.get("content_type", "application/json")),)
    request = Request("POST", "llm.example.com", row.get("path", "/v1/chat/completions"), headers)
    body: bytes = row["body"].encode()
    return Stripped(row["name"], request, body, row["out"].encode() if "out" in row else body)


STRIPPED = [_row(row) for row in YAML(typ="safe").load(FILE.with_name("stripping.yaml"))["vectors"]]
