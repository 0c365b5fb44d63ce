"""Write the short texts in the boxes of a picture. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from llmd_routes.explaining.entrances import Door
from llmd_routes.explaining.matching import shown_match
from llmd_routes.explaining.surroundings import Surroundings
from llmd_routes.kube.objects import Object, items, text
from llmd_routes.model.explanation import Destination, Pods
from llmd_routes.text.header_patterns import values_of
from llmd_routes_sidecar.owners import DEFAULT_OWNER, MODEL_HEADER, OWNER_HEADER


def gateway_lines(door: Door) -> tuple[str, ...]:
    """Return the implementation and the addresses of a Gateway."""
    listeners = door.gateway.listeners if door.gateway is not None else ()
    ports = ", ".join(f"{listener.protocol} {listener.port}" for listener in listeners)
    kind = f"{door.implementation.title or door.implementation.name}{f', {ports}' if ports else ''}"
    return tuple(filter(None, (kind, ", ".join(dict.fromkeys(door.addresses)))))


def match_lines(rule: Object) -> tuple[str, ...]:
    """Return a line for each match of a rule: model and engine if it names them, else everything that it needs."""
    return tuple(dict.fromkeys(line for match in items(rule, "matches") or [{}] for line in _lines_of(match)))


def _lines_of(match: Object) -> Iterator[str]:
    headers = {(text(each, "name") or "").lower(): _values(each) for each in items(match, "headers")}
    models = headers.get(MODEL_HEADER, ())
    if not models or not headers.keys() <= {MODEL_HEADER, OWNER_HEADER}:
        yield shown_match(match)
        return
    for model in models:
        for owner in headers.get(OWNER_HEADER, ("any engine",)) or ("any engine",):
            yield f"{model}, {'no engine' if owner == DEFAULT_OWNER else owner}"


def _values(header: Object) -> tuple[str, ...]:
    value = text(header, "value") or ""
    return values_of(value) if text(header, "type") == "RegularExpression" else (value,)


def pool_lines(destination: Destination, around: Surroundings) -> tuple[str, ...]:
    """Return why a backend cannot be used, or the engine and the models behind it."""
    if destination.fault:
        return (destination.fault,)
    services = around.served_by(destination.backend)
    engines = sorted({service.engine or "unknown engine" for service in services})
    kind = "" if destination.backend.kind == "InferencePool" else destination.backend.kind
    models = ", ".join(sorted({model for service in services for model in service.models}))
    return tuple(filter(None, (kind, ", ".join(engines), models)))


def pod_title(pods: Pods) -> str:
    """Return how many pods are ready, or how many workloads create them."""
    if pods.names:
        return f"{pods.ready} of {len(pods.names)} ready"
    if pods.workloads:
        return f"{len(pods.workloads)} workload{'s' if len(pods.workloads) > 1 else ''}"
    return "no pods" if pods.is_known else ""


def pod_details(pods: Pods) -> tuple[str, ...]:
    """Return the names of pods, or of the workloads that create them."""
    return pods.names or tuple(f"{ref.kind} {ref.name}" for ref in pods.workloads)


def shortened(lines: Sequence[str], most: int) -> tuple[str, ...]:
    """Return the first lines, the last of which says how many more there are."""
    if len(lines) <= most:
        return tuple(lines)
    return (*lines[: most - 1], f"{lines[most - 1]} and {len(lines) - most} more")
