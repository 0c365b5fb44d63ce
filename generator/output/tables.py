"""Prints what was discovered: a table for people, JSON or YAML for programs. Pure: text out, no I/O."""

from __future__ import annotations

import io
import textwrap
from collections.abc import Sequence

from ruamel.yaml import YAML

from llmd_routes.terminal import json_text, one_line

from .discovery import DiscoveredModelService, Discovery

_COLUMNS = ("NAME", "ENGINE", "OWNED-BY", "PORTS", "ROLES")
# Lines end here, but for names that are longer.
_WIDTH = 100
_UNDER = "    "


def as_text(discovery: Discovery, output: str) -> str:
    """Return a discovery as `table`, `json` or `yaml`, ending with a newline."""
    data = discovery.model_dump(by_alias=True, mode="json")
    if output == "json":
        return json_text(data, 2) + "\n"
    if output == "yaml":
        stream = io.StringIO()
        yaml = YAML(typ="safe", pure=True)
        yaml.default_flow_style = False
        yaml.allow_unicode = False
        yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
        yaml.dump(data, stream)
        return stream.getvalue()
    return _table(discovery)


def _table(discovery: Discovery) -> str:
    """Return a row for each service with its models and its pool under it, what else there is, and the notices.

    A notice about several objects stands there once.
    """
    services = discovery.model_services
    heading, *rows = _aligned([_COLUMNS, *map(_row, services)])
    lines = [heading] if services else ["no ModelService found"]
    for row, service in zip(rows, services, strict=True):
        lines += [row, *_wrapped(f"  models: {', '.join(service.models + service.dynamic_models) or 'unknown'}")]
        lines.append(one_line(f"  pool: {service.pool or ('none' if service.selector else 'none possible')}"))
    for title, names in (
        ("Gateways", [f"{g.name} ({g.implementation or g.class_})" for g in discovery.gateways]),
        ("InferencePools", [pool.name for pool in discovery.inference_pools]),
        ("HTTPRoutes", [route.name for route in discovery.http_routes]),
    ):
        lines += _wrapped(f"{title}: {', '.join(names) or 'none'}")
    for entry in discovery.ignored:
        if entry.expected and services:
            continue
        lines += _wrapped(f"ignored: {entry.object}: {entry.reason}")
    same: dict[tuple[str, str, str], list[str]] = {}
    for notice in discovery.notices:
        same.setdefault((notice.code, notice.message, notice.remedy), []).append(notice.object)
    for (code, message, remedy), objects in same.items():
        lines += _wrapped(f"{code}: {', '.join(objects)}: {message}") + _remedy(remedy)
    return "\n".join(lines) + "\n"


def _wrapped(line: str) -> list[str]:
    return textwrap.wrap(
        one_line(line), _WIDTH, subsequent_indent=_UNDER, break_long_words=False, break_on_hyphens=False
    )


def _remedy(remedy: str) -> list[str]:
    """Return a remedy under its notice; a command stays on one line, to be copied."""
    line = f"{_UNDER}-> {one_line(remedy)}"
    return [line] if "kubectl " in remedy else textwrap.wrap(line, _WIDTH, subsequent_indent=f"{_UNDER}   ")


def _row(service: DiscoveredModelService) -> tuple[str, ...]:
    name = service.name or "+".join(workload.partition("/")[2] for workload in service.workloads)
    return (
        f"{service.namespace}/{name}" if service.namespace else name,
        (service.engine or "unknown") + (" (sim)" if service.simulator else ""),
        service.owned_by or "-",
        _some([str(port) for port in service.ports]),
        _some(service.roles),
    )


def _some(words: Sequence[str]) -> str:
    shown = ",".join(words[:3]) or "-"
    return f"{shown},+{len(words) - 3}" if len(words) > 3 else shown


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    rows = [[one_line(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
