"""Existing objects that keep Envoy Gateway from reading bodies for the emitted routes. Pure, no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from llmd_routes.gateways.body_note import buffer_for
from llmd_routes.gateways.implementation import Draft
from llmd_routes.kube.objects import Object, dig, items, mapping, text, texts
from llmd_routes.model.gateways import Policy, Route
from llmd_routes.model.plan import Attachment
from llmd_routes.notices import Notice
from llmd_routes.quantities import size_of
from llmd_routes_sidecar.owners import MODEL_HEADER

from .policies import CLIENT, EXTENSION

# Paths of OpenAI's API below the prefix of the routes.
_PATHS: Final = ("/chat/completions", "/completions", "/embeddings", "/models", "/responses")


def suffices(policy: Policy, attachment: Attachment, buffer: int) -> bool:
    """Return whether a foreign ClientTrafficPolicy on the listener has the fields that the filter needs.

    That is a buffer of this many bytes, and the removal of the model header that clients send.
    """
    size = dig(policy.spec, "connection", "bufferLimit")
    removed = texts(mapping(policy.spec, "headers", "earlyRequestHeaders"), "remove")
    has_header = MODEL_HEADER in (name.lower() for name in removed)
    return selects(policy, attachment) and has_header and (size_of(str(size or "")) or 0) >= buffer


def _buffer_of(draft: Draft) -> int:
    """Return the buffer of a listener that body-based routing needs, in bytes; 0 if bodies are streamed."""
    return buffer_for(draft.carrier.body_limit or 0) if draft.carrier.kind == "in-gateway" else 0


def client_policies(attachment: Attachment, draft: Draft) -> Iterator[str | Notice]:
    """Yield an error for each foreign ClientTrafficPolicy on the listener, because only one of them applies."""
    buffer = _buffer_of(draft)
    needed = f"headers.earlyRequestHeaders.remove: [{MODEL_HEADER}]"
    if buffer:
        needed = f"connection.bufferLimit: {buffer // 1024}Ki and {needed}"
    for policy in _foreign(draft, CLIENT, attachment):
        if selects(policy, attachment) and not suffices(policy, attachment, buffer):
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
        if selects(policy, attachment):
            fact = f"applies to {attachment.ref}, and the generated policies replace it for the generated routes"
            yield Notice("policy-conflict", str(policy.ref), fact, "check that these routes do not need it")


def path_only_routes(attachment: Attachment, draft: Draft) -> Iterator[str]:
    """Yield an error if requests would not reach the filter: a route that looks at no header takes them first.

    So does a route with a regular expression for the path, which Envoy Gateway prefers to prefixes. Without a rule of
    that kind among the generated ones, no request reaches the filter.
    """
    prefixes = set(draft.route_set.prefixes)
    matches = [match for route in draft.routes for rule in route.rules for match in rule.matches]
    read = {match.path for match in matches if not match.models and not match.owners and not match.guard}
    for prefix in sorted(prefixes - read):
        fact = f"reads bodies only of requests that a rule for {prefix} without headers matches, and none is generated"
        fix = "remove --no-catch-all and --models-endpoint none, or pass --body-to-header none"
        yield f"{attachment.ref}: {fact}; {fix}"
    for route in draft.foreign:
        if attachment.takes(route) and _share_hosts(route, draft.route_set.hostnames):
            for number, rule in enumerate(items(route.spec, "rules")):
                reasons = [why for match in items(rule, "matches") if (why := _earlier(match, prefixes))]
                if reasons:
                    said = f"rule {number + 1} {reasons[0]}, so it may take requests before their body is read"
                    place = route.place_of(number, "matches")
                    yield f"{route.ref}: {said}; pass --hostname or --path-prefix, or narrow {place}"


def _earlier(match: Object, prefixes: set[str]) -> str | None:
    """Return why a match may win over a rule for one of the prefixes without headers, or None if it does not."""
    kind, value = text(match, "path", "type") or "PathPrefix", text(match, "path", "value") or "/"
    if kind == "PathPrefix" and (value.rstrip("/") or "/") in prefixes:
        return None if items(match, "headers") or "method" in match else "matches the same path without headers"
    if kind == "RegularExpression" and any(_matches_below(value, prefix) for prefix in prefixes):
        return "matches the same paths by a regular expression"
    return None


def _matches_below(pattern: str, prefix: str) -> bool:
    """Return whether a pattern matches a path of the API below a prefix; one that Python cannot read may match."""
    try:
        return any(re.fullmatch(pattern, prefix.rstrip("/") + path) for path in _PATHS)
    except re.error:
        return True


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


def selects(policy: Policy, attachment: Attachment) -> bool:
    """Return whether a policy names the Gateway, or its listener."""
    gateway = f"Gateway/{attachment.ref.name}"
    name = attachment.listener.name if attachment.listener else attachment.section
    wanted = {gateway, f"{gateway}/{name}"}
    return policy.ref.namespace == attachment.ref.namespace and bool(wanted & set(policy.targets))
