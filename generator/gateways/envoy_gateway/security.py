"""SecurityPolicies on routes, which do not apply to requests whose route changes once their body is read. Pure, no I/O.

Envoy Gateway authenticates and authorizes a request with the policy of the route that it matches first.
"""

from __future__ import annotations

from collections.abc import Iterator

from llmd_routes.gateways.implementation import Draft
from llmd_routes.notices import Notice

from .policies import SECURITY


def skipped_policies(draft: Draft) -> Iterator[Notice]:
    """Yield a warning for each SecurityPolicy that targets a generated route."""
    routes = {(route.ref.namespace, route.ref.name) for route in draft.routes}
    for policy in draft.policies:
        for target in policy.targets if policy.ref.kind == SECURITY else ():
            kind, _, name = target.partition("/")
            if kind == "HTTPRoute" and (policy.ref.namespace, name.partition("/")[0]) in routes:
                fact = f"targets HTTPRoute {name}, and requests that get their route by the body skip it"
                yield Notice("security-skipped", str(policy.ref), fact, "target the Gateway instead")
