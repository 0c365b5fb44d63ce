"""SecurityPolicies: those that body-based routing would make ineffective, and a service that is asked by one. Pure.

Envoy Gateway authenticates and authorizes a request with the policy of the route that it matches first. A policy of a
route replaces that of its Gateway.
"""

from __future__ import annotations

from collections.abc import Iterator

from llmd_routes.gateways.implementation import Draft
from llmd_routes.model.gateways import Policy
from llmd_routes.model.plan import Attachment
from llmd_routes.notices import Notice

from .body_policies import unread_routes
from .policies import SECURITY


def route_policies(draft: Draft) -> Iterator[str | Notice]:
    """Yield what is wrong with each foreign SecurityPolicy of a generated route.

    It is an error if a generated SecurityPolicy needs the same route, which can have only one, else a warning.
    """
    asking = draft.carrier.kind == "ext-authz"
    needed = {(route.ref.namespace, route.ref.name) for route in unread_routes(draft.routes)} if asking else set()
    for policy, name in _on_routes(draft):
        if (policy.ref.namespace, name) in needed:
            fact = f"targets HTTPRoute {name}, which the generated SecurityPolicy needs"
            yield f"{policy.ref}: {fact}; pass --body-to-header ext-proc"
        else:
            fact = f"targets HTTPRoute {name}, and requests that get their route by the body skip it"
            yield Notice("security-skipped", str(policy.ref), fact, "target the Gateway instead")


def replaced_policies(attachment: Attachment, draft: Draft) -> Iterator[str]:
    """Yield an error for each SecurityPolicy that may apply to the Gateway: the routes would escape it."""
    for policy in draft.policies:
        if policy.ref.kind == SECURITY and _may_apply(policy, attachment):
            fact = f"applies to {attachment.ref}, and a SecurityPolicy of the generated routes would replace it"
            yield f"{policy.ref}: {fact}; pass --body-to-header ext-proc"


def kept_query(attachment: Attachment, draft: Draft) -> Iterator[Notice]:
    """Yield a warning that endpoint pickers get the query of requests, because Envoy Gateway cannot shorten it."""
    if not draft.keeps_query and any(backend.port is None for backend in draft.backends):
        fact = "passes on the query of requests to a service over HTTP, and endpoint pickers answer 400 to a query"
        fix = "let clients name model and engine in bodies or headers, or pass --body-to-header ext-proc"
        yield Notice("query-kept", str(attachment.ref), fact, fix)


def _may_apply(policy: Policy, attachment: Attachment) -> bool:
    """Return whether a policy targets the Gateway, by its name or labels, or a listener that the routes may use."""
    if policy.ref.namespace != attachment.ref.namespace:
        return False
    gateway = f"Gateway/{attachment.ref.name}"
    names = {"Gateway/*", gateway, f"{gateway}/{attachment.section}"}
    on_listener = any(target.startswith(f"{gateway}/") for target in policy.targets)
    return bool(names & set(policy.targets)) or (attachment.section is None and on_listener)


def _on_routes(draft: Draft) -> Iterator[tuple[Policy, str]]:
    """Yield the SecurityPolicies of other owners that target a generated route or a rule of it, and its name."""
    routes = {(route.ref.namespace, route.ref.name) for route in draft.routes}
    for policy in draft.policies:
        is_foreign = policy.ref.kind == SECURITY and policy.instance != draft.route_set.instance
        for target in policy.targets if is_foreign else ():
            kind, _, name = target.partition("/")
            name = name.partition("/")[0]
            if kind == "HTTPRoute" and (policy.ref.namespace, name) in routes:
                yield policy, name
