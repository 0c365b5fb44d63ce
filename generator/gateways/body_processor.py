"""The external service: pods that read bodies for a Gateway that does not read them itself. Pure, no I/O.

Each implementation configures its Gateways to use it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from llmd_routes.kube.objects import Ref
from llmd_routes.model.bodies import Carrier, Processor, Protocol
from llmd_routes.model.naming import service_name
from llmd_routes.model.options import Options
from llmd_routes.model.plan import Attachment, RouteSet
from llmd_routes.model.printed import Printed
from llmd_routes.quantities import shown_size
from llmd_routes_sidecar.extraction import Settings

from .body_note import body_note

# Gateways that cannot stream a body send it as one message.
MOST_ASKED: Final = 1024**3
# By protocol: the default of --held-limit, and the memory of a pod that reads no body (bytes).
_HELD: Final[Mapping[Protocol, int]] = {"ext-proc": 256 * 1024 * 1024, "ext-authz": 64 * 1024 * 1024}
_AT_REST: Final[Mapping[Protocol, int]] = {"ext-proc": 96 * 1024 * 1024, "ext-authz": 48 * 1024 * 1024}
_KINDS: Final = ("Service", "Deployment", "PodDisruptionBudget", "NetworkPolicy")


def plan_processor(
    attachment: Attachment, route_set: RouteSet, carrier: Carrier, options: Options, callers: tuple[str, ...] = ()
) -> Processor:
    """Return the processor for a Gateway, in the Gateway's namespace.

    `callers` are the namespaces of the Gateway's proxies; empty if these are unknown.
    """
    protocol = carrier.protocol or "ext-proc"
    number = route_set.number_of(attachment)
    suffix = "" if number == 1 else f"-{number}"
    ref = Ref(attachment.ref.namespace, "Deployment", service_name(f"{protocol}-", route_set.instance, suffix))
    held = max(options.held_limit.amount if options.held_limit else _HELD[protocol], carrier.body_limit or 0)
    return Processor(
        ref, options.image or "", held, options.metrics_namespaces, callers, protocol=protocol, reason=carrier.reason
    )


def processor_problems(limit: int, options: Options) -> Iterator[str]:
    """Yield an error for each option that conflicts with reading bodies of `limit` bytes."""
    if limit > MOST_ASKED and options.body_limit is not None:
        yield (
            f"--buffer-limit {options.body_limit.word}: an external service reads at most {MOST_ASKED}"
            f" bytes; use a smaller limit"
        )
    if options.image is None:
        yield f"--body-to-header {options.body_to_header}: requires an image, and none is published; pass --image IMAGE"
    held = options.held_limit
    if held is not None and held.amount < limit:
        yield f"--held-limit {held.word}: less than the largest body, {limit} bytes; use a larger limit"


def processor_objects(settings: Settings, processor: Processor) -> Iterator[Printed]:
    """Yield the objects of a processor: Service, Deployment, PodDisruptionBudget, NetworkPolicy."""
    values = {
        "processor": processor,
        "settings": settings,
        "splits": {model: _weights(owners) for model, owners in sorted(settings.splits.items())},
        "memory": memory_of(settings, processor) // 1024**2,
    }
    for kind in _KINDS:
        ref = Ref(processor.ref.namespace, kind, processor.ref.name)
        yield Printed(ref, f"body_processor/{kind.lower()}.yaml.j2", values)


def processor_note(asking: Ref, settings: Settings, processor: Processor) -> str:
    """Return the report line for a processor; `asking` is the object that configures the Gateway."""
    memory = shown_size(memory_of(settings, processor))
    cost = (
        f"; a pod buffers at most {shown_size(processor.held)} (further requests get 503), in up to {memory} of memory"
    )
    how = " over HTTP" if processor.protocol == "ext-authz" and not processor.reason else ""
    why = f"; {processor.reason}" if processor.reason else ""
    return f"{body_note(f'{processor.ref}, which {asking} calls{how},', settings, cost)}{why}"


def memory_of(settings: Settings, processor: Processor) -> int:
    """Return the memory limit of a processor's pod, in bytes: buffered bodies, and a copy of each parsed one.

    Two bodies are parsed at a time, and parsing copies a body at most once, whatever it contains (`tests/attack`).
    """
    return _AT_REST[processor.protocol] + processor.held * 7 // 4 + settings.body_limit * 2


def _weights(owners: Mapping[str, int]) -> str:
    return ",".join(f"{owner}={weight}" for owner, weight in sorted(owners.items()))
