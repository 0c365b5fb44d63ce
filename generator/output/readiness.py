"""Print the readiness of an instance: lines for people, JSON or YAML for programs. Pure: text out, no I/O."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from llmd_routes.diagnosing.readiness import Readiness
from llmd_routes.terminal import json_text, one_line

from .diagnosis import finding_lines
from .tables import as_yaml


def as_text(readiness: Readiness, output: str) -> str:
    """Return the readiness as `text`, `json` or `yaml`; what is not in effect comes first."""
    if output == "json":
        return json_text(as_data(readiness), 2) + "\n"
    if output == "yaml":
        return as_yaml(as_data(readiness))
    return "".join(f"{one_line(line)}\n" for line in _lines(readiness))


def as_data(readiness: Readiness) -> dict[str, Any]:
    """Return the readiness as plain data; fields are added compatibly."""
    waiting = readiness.waiting
    return {
        "inEffect": not readiness.findings,
        "objects": [{"object": str(ref), "inEffect": str(ref) not in waiting} for ref in readiness.objects],
        "findings": [asdict(finding) for finding in readiness.findings],
    }


def _lines(readiness: Readiness) -> Iterator[str]:
    for finding in readiness.findings:
        yield from finding_lines(finding)
    waiting = readiness.waiting
    yield from (f"ok: {ref}" for ref in readiness.objects if str(ref) not in waiting)
