"""Find Gateways that stand in front of other Gateways. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from llmd_routes.explaining.entrances import Door
from llmd_routes.explaining.surroundings import Surroundings
from llmd_routes.kube.objects import Object, Ref, items, labels, text
from llmd_routes.model.findings import Finding
from llmd_routes.model.gateways import Route
from llmd_routes.names import GATEWAY_NAME


def judge_chains(doors: Sequence[Door], all_doors: Sequence[Door], around: Surroundings) -> Iterator[Finding]:
    """Yield a finding for each rule of any Gateway that leads to the proxies of one of `doors`."""
    inner = {door.ref for door in doors}
    for outer in all_doors:
        for route in outer.routes:
            for number, rule in enumerate(items(route.spec, "rules")):
                for service in _services(route, rule):
                    gateway = _gateway_behind(service, around)
                    if gateway in inner and gateway != outer.ref:
                        yield _chained(outer.ref, route, number, gateway)


def _services(route: Route, rule: Object) -> Iterator[Ref]:
    for backend in items(rule, "backendRefs"):
        if (text(backend, "kind") or "Service") == "Service":
            yield Ref(text(backend, "namespace") or route.ref.namespace, "Service", text(backend, "name") or "")


def _gateway_behind(ref: Ref, around: Surroundings) -> Ref | None:
    """Return the Gateway whose proxies a Service selects, None for other Services."""
    service = around.service(ref)
    if service is None:
        return None
    name = labels(service, "spec", "selector").get(GATEWAY_NAME)
    return Ref(ref.namespace, "Gateway", name) if name else None


def _chained(outer: Ref, route: Route, number: int, inner: Ref) -> Finding:
    return Finding(
        "warning",
        "gateways-in-a-row",
        str(route.ref),
        route.place_of(number, "backendRefs"),
        f"{outer} forwards requests to {inner}",
        f"the timeouts and body limits of both Gateways apply, so {outer} may end streams early",
        f"attach the routes to {outer} with generate --gateway, or raise its timeout and body limit",
    )
