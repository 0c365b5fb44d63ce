"""Prints what was discovered: a table for people, JSON or YAML for programs. Pure: text out, no I/O."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence

from ruamel.yaml import YAML

from .discovery import DiscoveredModelService, Discovery
from .lines import one_line

_COLUMNS = ("NAMESPACE", "NAME", "ENGINE", "OWNED-BY", "MODELS", "PORTS", "ROLES", "POOL")


def as_text(discovery: Discovery, output: str) -> str:
    """Return a discovery as `table`, `json` or `yaml`, ending with a newline."""
    data = discovery.model_dump(by_alias=True, mode="json")
    if output == "json":
        return json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    if output == "yaml":
        stream = io.StringIO()
        yaml = YAML(typ="safe", pure=True)
        yaml.default_flow_style = False
        yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
        yaml.dump(data, stream)
        return stream.getvalue()
    return _table(discovery)


def _table(discovery: Discovery) -> str:
    rows = [_COLUMNS, *(_row(service) for service in discovery.model_services)]
    lines = _aligned(rows) if len(rows) > 1 else ["no ModelService found"]
    for title, names in (
        ("Gateways", [f"{g.name} ({g.implementation or g.class_})" for g in discovery.gateways]),
        ("InferencePools", [pool.name for pool in discovery.inference_pools]),
        ("HTTPRoutes", [route.name for route in discovery.http_routes]),
    ):
        lines.append(f"{title}: {', '.join(names) or 'none'}")
    lines += [f"{n.code}: {n.object}: {n.message}; {n.remedy}" for n in discovery.notices]
    return "\n".join(map(one_line, lines)) + "\n"


def _row(service: DiscoveredModelService) -> tuple[str, ...]:
    return (
        service.namespace or "-",
        service.name or "+".join(workload.partition("/")[2] for workload in service.workloads),
        (service.engine or "unknown") + (" (simulator)" if service.simulator else ""),
        service.owned_by or "-",
        _some(service.models + service.dynamic_models),
        _some([str(port) for port in service.ports]),
        _some(service.roles),
        service.pool or ("-" if service.selector else "none possible"),
    )


def _some(words: Sequence[str]) -> str:
    shown = ",".join(words[:3]) or "-"
    return f"{shown},+{len(words) - 3}" if len(words) > 3 else shown


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
