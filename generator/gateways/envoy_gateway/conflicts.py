"""Existing objects that keep Envoy Gateway from reading bodies for the emitted routes. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterator

from llmd_routes.gateways.body_note import buffer_for
from llmd_routes.gateways.implementation import Draft
from llmd_routes.kube.objects import dig, items, mapping, text, texts
from llmd_routes.model.inventory import Policy, Route
from llmd_routes.model.plan import Attachment
from llmd_routes.notices import Notice
from llmd_routes.quantities import size_of
from llmd_routes_sidecar.owners import MODEL_HEADER

from .policies import CLIENT, EXTENSION


def suffices(policy: Policy, attachment: Attachment, buffer: int) -> bool:
    """Return whether a foreign ClientTrafficPolicy on the listener has the fields that the filter needs.

    That is a buffer of this many bytes, and the removal of the model header that clients send.
    """
    size = dig(policy.spec, "connection", "bufferLimit")
    removed = texts(mapping(policy.spec, "headers", "earlyRequestHeaders"), "remove")
    has_header = MODEL_HEADER in (name.lower() for name in removed)
    return _selects(policy, attachment) and has_header and (size_of(str(size or "")) or 0) >= buffer


def client_policies(attachment: Attachment, draft: Draft) -> Iterator[str | Notice]:
    """Yield an error for each foreign ClientTrafficPolicy on the listener, because only one of them applies."""
    buffer = buffer_for(draft.carrier.body_limit or 0)
    needed = f"connection.bufferLimit: {buffer // 1024}Ki and headers.earlyRequestHeaders.remove: [{MODEL_HEADER}]"
    for policy in _foreign(draft, CLIENT, attachment):
        if _selects(policy, attachment) and not suffices(policy, attachment, buffer):
            fact = f"applies to {attachment.ref} instead of the generated one, and lacks what body-based routing needs"
            yield f"{policy.ref}: {fact}; set {needed} in its spec, or pass --body-to-header none"
        elif "Gateway/*" in policy.targets:
            fact = f"selects Gateways by labels; if it selects {attachment.ref}, only one of two policies applies"
            yield Notice("policy-conflict", str(policy.ref), fact, f"set {needed} in its spec if it does")


def other_extensions(attachment: Attachment, draft: Draft) -> Iterator[str | Notice]:
    """Yield what existing EnvoyExtensionPolicies mean: an error on a route, a notice on the Gateway."""
    routes = {(route.ref.namespace, f"HTTPRoute/{route.ref.name}") for route in draft.routes}
    for policy in draft.policies:
        if policy.ref.kind != EXTENSION or policy.instance == draft.route_set.instance:
            continue
        for target in policy.targets:
            if (policy.ref.namespace, target) in routes:
                yield f"{policy.ref}: applies to {target}, which the generated policy needs; remove its target"
        if _selects(policy, attachment):
            fact = f"applies to {attachment.ref}, and the generated policies replace it for the generated routes"
            yield Notice("policy-conflict", str(policy.ref), fact, "check that these routes do not need it")


def path_only_routes(attachment: Attachment, draft: Draft) -> Iterator[str]:
    """Yield an error if requests would not reach the filter: a route that looks at no header takes them first.

    Without a rule of that kind among the generated ones, no request reaches the filter.
    """
    prefixes = set(draft.route_set.prefixes)
    matches = [match for route in draft.routes for rule in route.rules for match in rule.matches]
    read = {match.path for match in matches if match.model is None and match.owner is None and not match.guard}
    for prefix in sorted(prefixes - read):
        fact = f"reads bodies only of requests that a rule for {prefix} without headers matches, and none is generated"
        fix = "remove --no-catch-all and --models-endpoint none, or pass --body-to-header none"
        yield f"{attachment.ref}: {fact}; {fix}"
    for route in draft.foreign:
        if attachment.takes(route) and _share_hosts(route, draft.route_set.hostnames):
            for number in _path_only_rules(route, prefixes):
                fact = f"rule {number + 1} matches the same path without headers, so it may take requests before"
                place = route.place_of(number, "matches")
                yield (f"{route.ref}: {fact} their body is read; pass --hostname or --path-prefix, or narrow {place}")


def _path_only_rules(route: Route, prefixes: set[str]) -> Iterator[int]:
    for number, rule in enumerate(items(route.spec, "rules")):
        for match in items(rule, "matches"):
            path = (text(match, "path", "value") or "/").rstrip("/") or "/"
            is_prefix = (text(match, "path", "type") or "PathPrefix") == "PathPrefix"
            if is_prefix and path in prefixes and not items(match, "headers") and "method" not in match:
                yield number
                break


def _share_hosts(route: Route, hostnames: tuple[str, ...]) -> bool:
    """Return whether routes can have a host in common; wildcards count as all."""
    theirs = set(texts(route.spec, "hostnames"))
    both = {*theirs, *hostnames}
    return not theirs or not hostnames or bool(theirs & set(hostnames)) or any(host.startswith("*") for host in both)


def _foreign(draft: Draft, kind: str, attachment: Attachment) -> Iterator[Policy]:
    for policy in draft.policies:
        is_near = policy.ref.kind == kind and policy.ref.namespace == attachment.ref.namespace
        if is_near and policy.instance != draft.route_set.instance:
            yield policy


def _selects(policy: Policy, attachment: Attachment) -> bool:
    """Return whether a policy names the Gateway, or its listener."""
    gateway = f"Gateway/{attachment.ref.name}"
    name = attachment.listener.name if attachment.listener else attachment.section
    wanted = {gateway, f"{gateway}/{name}"}
    return policy.ref.namespace == attachment.ref.namespace and bool(wanted & set(policy.targets))
