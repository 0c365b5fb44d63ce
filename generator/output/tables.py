"""Print what was discovered: a table that awk can read, names, JSON or YAML. Pure: text out, no I/O."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Final

from ruamel.yaml import YAML

from llmd_routes.terminal import json_text, one_line

from .discovery import DiscoveredModelService, Discovery

_COLUMNS: Final = ("NAMESPACE", "NAME", "ENGINE", "OWNER", "MODELS", "PORTS", "POOL", "STATUS")
_MORE: Final = ("ROLES", "EPP", "ROUTER", "SELECTOR", "WORKLOADS")
# The number of models and ports in a cell of the narrow table.
_MOST_SHOWN: Final = 2


def as_text(discovery: Discovery, output: str) -> str:
    """Return a discovery as `table`, `wide`, `name`, `json` or `yaml`; empty or ending with a newline."""
    data = discovery.model_dump(by_alias=True, mode="json")
    match output:
        case "json":
            return json_text(data, 2) + "\n"
        case "yaml":
            return as_yaml(data)
        case "name":
            return "".join(f"{one_line(_full_name(service))}\n" for service in discovery.model_services)
    return _table(discovery.model_services, wide=output == "wide")


def context_lines(discovery: Discovery) -> list[str]:
    """Return the lines about what surrounds the ModelServices: Gateways, pools, routes, and what was ignored."""
    lines = [
        f"{title}: {', '.join(names) or 'none'}"
        for title, names in (
            ("Gateways", [f"{g.name} ({g.implementation or g.class_})" for g in discovery.gateways]),
            ("body readers", sorted({reader for gateway in discovery.gateways for reader in gateway.body_readers})),
            ("stand-alone routers", [service.router for service in discovery.model_services if service.router]),
            ("InferencePools", [pool.name for pool in discovery.inference_pools]),
            ("HTTPRoutes", [route.name for route in discovery.http_routes]),
        )
        if names or title not in ("body readers", "stand-alone routers")
    ]
    ignored = [each for each in discovery.ignored if not (each.expected and discovery.model_services)]
    return lines + [f"ignored: {each.object}: {each.reason}" for each in ignored]


def as_yaml(data: object) -> str:
    """Return plain data as YAML, in the order of its keys."""
    stream = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.allow_unicode = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.dump(data, stream)
    return stream.getvalue()


def _table(services: Sequence[DiscoveredModelService], *, wide: bool) -> str:
    """Return a heading and a row for each service, whose cells hold no spaces; empty without services."""
    if not services:
        return ""
    rows: list[tuple[str, ...]] = [_COLUMNS + (_MORE if wide else ())]
    for service in services:
        rows.append(_cells(service, None if wide else _MOST_SHOWN) + (_more_cells(service) if wide else ()))
    return "".join(f"{line}\n" for line in _aligned(rows))


def _cells(service: DiscoveredModelService, most: int | None) -> tuple[str, ...]:
    return (
        service.namespace or "<none>",
        _name(service),
        service.engine or "<unknown>",
        service.owned_by or "<none>",
        _listed(service.models + service.dynamic_models, most),
        _listed([str(port) for port in service.ports], most),
        service.pool or "<none>",
        service.status,
    )


def _more_cells(service: DiscoveredModelService) -> tuple[str, ...]:
    pairs = [f"{key}={value}" for key, value in (service.selector or {}).items()]
    return (
        _listed(service.roles),
        service.epp or "<none>",
        service.router or "<none>",
        _listed(pairs),
        _listed(service.workloads),
    )


def _name(service: DiscoveredModelService) -> str:
    return service.name or "+".join(workload.partition("/")[2] for workload in service.workloads)


def _full_name(service: DiscoveredModelService) -> str:
    return f"{service.namespace}/{_name(service)}" if service.namespace else _name(service)


def _listed(words: Sequence[str], most: int | None = None) -> str:
    """Return words as one cell, as kubectl lists them."""
    shown = words[:most]
    more = [f"+{len(words) - len(shown)}"] if len(words) > len(shown) else []
    return ",".join([*shown, *more]) or "<none>"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    rows = [["_".join(one_line(cell).split()) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["   ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
