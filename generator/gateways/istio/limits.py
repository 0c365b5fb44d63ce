"""Check the planned pools and routes against what releases of istio support. Pure: values in, lines and notices out.

Sources: istio's release notes on InferencePool (istio#57219, #57638, #58392).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from llmd_routes.gateways.implementation import Draft
from llmd_routes.kube.objects import items, text
from llmd_routes.model.bodies import Carrier
from llmd_routes.model.gateways import Route, Version
from llmd_routes.model.plan import Attachment, Backend, PlannedRoute
from llmd_routes.names import POOL_V1, POOL_V1ALPHA2
from llmd_routes.notices import Notice


@dataclass(frozen=True, slots=True)
class _Limit:
    """A planned feature, and the releases that do not support it: those before `first`, or from `last` on.

    `told` is whether to print a notice if the release is unknown.
    """

    fact: str
    remedy: str
    first: Version | None = None
    last: Version | None = None
    told: bool = True

    def hits(self, release: Version) -> bool:
        return bool((self.first and release < self.first) or (self.last and release >= self.last))


def istio_limits(attachment: Attachment, draft: Draft) -> Iterator[str | Notice]:
    """Yield an error for each feature that a Gateway's istio does not support, or notices if its release is unknown.

    Routes of other instances and tools are included if they attach to the same Gateway and reference pools.
    """
    release = attachment.release
    others = sum(_has_pool(route) for route in draft.foreign if attachment.takes(route))
    for limit in (*_limits(draft.routes, draft.backends, others), *_of_carrier(draft.carrier)):
        if release is None and limit.told:
            yield Notice("istio-version", str(attachment.ref), limit.fact, "check the release of istio")
        elif release is not None and limit.hits(release):
            yield f"{attachment.ref}: {limit.fact}, and it runs {release}; {limit.remedy}"


def _limits(routes: Sequence[PlannedRoute], found: Sequence[Backend], others: int) -> Iterator[_Limit]:
    groups = {backend.group for backend in found}
    if POOL_V1 in groups:
        fact = f"routes to InferencePools of {POOL_V1} require istio 1.28"
        yield _Limit(fact, "upgrade istio", first=Version(1, 28), told=False)
    if POOL_V1ALPHA2 in groups:
        fact = f"istio 1.28 and newer ignores InferencePools of {POOL_V1ALPHA2}"
        remedy = f"upgrade the endpoint pickers to releases that watch {POOL_V1}, or pass --epp deploy"
        yield _Limit(fact, remedy, last=Version(1, 28))
    count = sum(any(share.port is None for rule in route.rules for share in rule.shares) for route in routes) + others
    if count > 1:
        fact = f"{count} HTTPRoutes have InferencePools, and istio before 1.28.5 asks the endpoint pickers of only one"
        yield _Limit(fact, "upgrade istio", first=Version(1, 28, 5))
    if any(backend.planned and len(backend.planned.ports) > 1 for backend in found):
        fact = "istio before 1.29 uses only one port of an InferencePool"
        yield _Limit(fact, "upgrade istio", first=Version(1, 29))


def _of_carrier(carrier: Carrier) -> Iterator[_Limit]:
    """Yield that an external processor and an endpoint picker, both called by ext_proc, may lose parts of a body.

    Source: envoy#41654, fixed by envoy#43175, in Envoy 1.38, in 1.37 since 20 February 2026 (envoy#43572), and in 1.36
    since 25 August (envoy#46942). istio 1.30 and 1.29.2 contain the fix; no release of 1.28 is known to.
    """
    if carrier.kind == "ext-proc" or carrier.readers:
        fact = "istio before 1.29.2 may lose parts of a request that an external processor and an endpoint picker read"
        yield _Limit(fact, "upgrade istio, or pass --body-to-header in-gateway", Version(1, 29, 2))


def _has_pool(route: Route) -> bool:
    return any(
        text(backend, "kind") == "InferencePool"
        for rule in items(route.spec, "rules")
        for backend in items(rule, "backendRefs")
    )
