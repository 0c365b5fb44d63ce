"""What Envoy AI Gateway does differently with InferencePools, and what that means for the planned ones. Pure, no I/O.

Source: https://github.com/envoyproxy/ai-gateway/tree/main/internal/extensionserver
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from llmd_routes.gateways.implementation import Draft
from llmd_routes.kube.objects import Object, Ref, items, text, texts
from llmd_routes.model.gateways import Route
from llmd_routes.model.plan import Attachment, Backend
from llmd_routes.names import POOL_V1, POOL_V1ALPHA2
from llmd_routes.notices import Notice


def pool_problems(attachment: Attachment, draft: Draft) -> Iterator[str | Notice]:
    """Yield an error for each InferencePool that a Gateway ignores, and notices about pools and their pickers."""
    backends = {backend.target: backend for backend in draft.backends if backend.port is None}
    times = _matches(attachment, draft)
    for pool, backend in sorted(backends.items()):
        if backend.group == POOL_V1ALPHA2:
            fix = f"upgrade the endpoint picker to a release that watches {POOL_V1}, or pass --epp deploy"
            yield f"{pool}: {attachment.ref} ignores InferencePools of {POOL_V1ALPHA2}; {fix}"
        if times[pool] > 1:
            fact = f"has {times[pool]} matches on {attachment.ref}, which asks the endpoint picker once for each"
            fix = "use one --hostname and one --path-prefix"
            yield Notice("picker-repeated", str(pool), f"{fact}, for every request", fix)
        if backend.epp is not None and not backend.epp.tls:
            fact = f"serves gRPC without TLS, and {attachment.ref} always uses TLS"
            yield Notice("picker-tls", str(backend.epp.workload), fact, "remove --secure-serving=false")
    yield from _failures(attachment, backends)


def _failures(attachment: Attachment, backends: Mapping[Ref, Backend]) -> Iterator[Notice]:
    open_pools = [pool for pool, backend in backends.items() if _failure_mode(backend) == "FailOpen"]
    if open_pools:
        count = f"{len(open_pools)} InferencePool{'s' if len(open_pools) > 1 else ''}"
        fact = f"ignores failureMode: FailOpen of {count}: without an endpoint picker, requests get 500"
        yield Notice("picker-failure", str(attachment.ref), fact, "run the endpoint pickers with several replicas")


def _failure_mode(backend: Backend) -> str | None:
    pool = backend.planned or backend.there
    return pool.failure_mode if pool else None


def _matches(attachment: Attachment, draft: Draft) -> Counter[Ref]:
    """Return the number of matches of each InferencePool, in planned and in existing routes of a Gateway.

    Each hostname of a route repeats its matches.
    """
    times: Counter[Ref] = Counter()
    for planned in draft.routes:
        for rule in planned.rules:
            for share in rule.shares:
                pool = Ref(planned.ref.namespace, share.kind, share.name)
                times[pool] += len(rule.matches) * max(len(draft.route_set.hostnames), 1)
    for route in draft.foreign:
        for raw in items(route.spec, "rules") if attachment.takes(route) else ():
            count = max(len(items(raw, "matches")), 1) * max(len(texts(route.spec, "hostnames")), 1)
            times.update(dict.fromkeys(_pools_of(route, raw), count))
    return times


def _pools_of(route: Route, rule: Object) -> Iterator[Ref]:
    for backend in items(rule, "backendRefs"):
        if text(backend, "kind") == "InferencePool":
            namespace = text(backend, "namespace") or route.ref.namespace
            yield Ref(namespace, "InferencePool", text(backend, "name") or "")
