"""The table of the contract, as values."""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from llmd_routes_sidecar.answers import refusal
from llmd_routes_sidecar.extraction import Decision, Settings
from llmd_routes_sidecar.request_head import Request, declared_length

FILE = Path(__file__).resolve().parent.parent / "vectors" / "extraction.yaml"
TABLE: dict[str, Any] = YAML(typ="safe", pure=True).load(FILE.read_text(encoding="utf-8"))
SETTINGS = Settings(
    hosts=tuple(TABLE["settings"]["hosts"]),
    prefixes=tuple(TABLE["settings"]["prefixes"]),
    body_limit=TABLE["settings"]["body_limit"],
    splits=TABLE["settings"]["splits"],
)


@dataclass(frozen=True)
class Outcome:
    """What became of a request: the two headers (owner `kept`: as it came), its path, a refusal, if it was read."""

    model: str | None
    owner: str | None
    path: str
    status: int | None
    read: bool


def outcome_of(decision: Decision, read: bool) -> Outcome:
    """Return a decision as the table has it."""
    status = refusal(decision.refusal, SETTINGS).status if decision.refusal else None
    return Outcome(decision.model, "kept" if decision.keeps_owner else decision.owner, decision.path, status, read)


@dataclass(frozen=True)
class Vector:
    """One row: a request with its body, and what becomes of it."""

    name: str
    request: Request
    body: bytes | None
    out: dict[str, Any]
    deviations: dict[str, dict[str, Any]]

    def wanted(self, carrier: str | None = None) -> Outcome:
        """Return what becomes of the request, by what is known of a carrier; None is the contract itself."""
        out = {**self.out, **self.deviations.get(carrier or "", {})}
        return Outcome(
            out.get("model"),
            out.get("owner"),
            out.get("path", self.request.path),
            out.get("status"),
            out.get("read", True),
        )


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
    return Vector(row["name"], request, _body(said), row["out"], row.get("deviations", {}))


def _body(said: dict[str, Any]) -> bytes | None:
    if "base64" in said:
        return base64.b64decode(said["base64"])
    if "body" not in said:
        return None
    body: bytes = said["body"].encode()
    return b"".join((body[:-1], b" " * int(said.get("pad", 0)), body[-1:]))


SUITE = Path(__file__).resolve().parents[3] / "shared" / "json-test-suite"


def suite() -> list[tuple[str, bytes, tuple[bytes, bytes]]]:
    """Return the texts of the JSON test suite by file name, each with two objects that hold it beside a model."""
    files = sorted(SUITE.glob("[yni]_*.json"))
    assert len(files) > 100
    texts = [(file.name, file.read_bytes()) for file in files]
    return [
        (name, text, (b'{"x": ' + text + b', "model": "m"}', b'{"model": "m", "x": ' + text + b"}"))
        for name, text in texts
    ]


VECTORS = [_vector(row) for row in TABLE["vectors"]]


def with_whole_body(vector: Vector) -> Vector:
    """Return a row with the body that its head declares, for gateways that ask once they have more than the limit."""
    declared = declared_length(vector.request)
    is_late = vector.body is None and declared > SETTINGS.body_limit
    return replace(vector, body=b" " * declared) if is_late else vector
