"""Find the listener of a Gateway that accepts a route: hostnames, namespaces and kinds, as the spec has them. Pure.

Spec: https://gateway-api.sigs.k8s.io/reference/spec/, ParentReference and AllowedRoutes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from llmd_routes.kube.objects import items, labels, text, texts
from llmd_routes.model.gateways import Gateway, Listener

_HTTP: Final = ("HTTPS", "HTTP")
# The API server sets this label on every namespace.
_NAMESPACE_NAME: Final = "kubernetes.io/metadata.name"

# Namespaces and their labels, or None if they are unknown.
Namespaces = Mapping[str, Mapping[str, str] | None]


def choose(gateway: Gateway, wanted: str | None, hostnames: Sequence[str]) -> Listener | str:
    """Return the listener to attach to, or the problem that prevents it.

    Without a requested name it must be the only HTTPS listener whose hostname fits, or the only HTTP one if none uses
    HTTPS (port 80 often has only a redirect).
    """
    if wanted is not None:
        found = next((entry for entry in gateway.listeners if entry.name == wanted), None)
        return found or f"{gateway.ref}: has no listener {wanted}; pass one of {_names(gateway.listeners)}"
    speaking = [entry for entry in gateway.listeners if entry.protocol in _HTTP]
    fitting = [entry for entry in speaking if fits(entry, hostnames)]
    if not speaking:
        return f"{gateway.ref}: has no HTTP or HTTPS listener; add one, or pass another --gateway"
    if not fitting:
        return f"{gateway.ref}: {_hostnames_apart(speaking, hostnames)}"
    protocol = next(p for p in _HTTP if any(entry.protocol == p for entry in fitting))
    same = [entry for entry in fitting if entry.protocol == protocol]
    if len(same) > 1:
        return f"{gateway.ref}: has several {protocol} listeners; pass --listener with one of {_names(same)}"
    return same[0]


def section(gateway: Gateway, listener: Listener) -> str | None:
    """Return the sectionName that a route needs: none on a Gateway with a single HTTP(S) listener."""
    return listener.name if sum(entry.protocol in _HTTP for entry in gateway.listeners) > 1 else None


def refusals(gateway: Gateway, listener: Listener, namespaces: Namespaces, hostnames: Sequence[str]) -> list[str]:
    """Return an error for each reason why a listener rejects HTTPRoutes of these namespaces and hosts."""
    where = f"{gateway.ref}: listener {listener.name}"
    found = []
    if listener.protocol not in _HTTP:
        found.append(f"{where} has protocol {listener.protocol}, not HTTP; pass another --listener")
    if listener.kinds and "HTTPRoute" not in listener.kinds:
        found.append(f"{where} does not allow HTTPRoutes; add HTTPRoute to its allowedRoutes.kinds")
    if not fits(listener, hostnames):
        found.append(f"{gateway.ref}: {_hostnames_apart([listener], hostnames)}")
    found += [
        f"{where} does not allow routes of namespace {namespace};"
        " set its allowedRoutes.namespaces.from to All, or use a Selector that matches the namespace"
        for namespace, known in namespaces.items()
        if _takes(gateway, listener, namespace, known) is False
    ]
    return found


def unproven(gateway: Gateway, listener: Listener, namespaces: Namespaces) -> list[str]:
    """Return the namespaces whose routes the listener may or may not accept."""
    return [name for name, known in namespaces.items() if _takes(gateway, listener, name, known) is None]


def fits(listener: Listener, hostnames: Sequence[str]) -> bool:
    """Return whether a listener serves at least one of the hosts; no hosts, or no hostname of its own, match any."""
    return not hostnames or not listener.hostname or any(intersect(listener.hostname, host) for host in hostnames)


def hosts_on(listener: Listener | None, hostnames: Sequence[str]) -> list[str]:
    """Return the hosts that a route serves on a listener: "" for any, none if the listener does not accept the route.

    Spec: HTTPRouteSpec.hostnames, the intersection with the hostname of the listener.
    """
    whole = (listener.hostname if listener else None) or ""
    if not hostnames:
        return [whole]
    return [narrower(host, whole) for host in hostnames if not whole or intersect(host, whole)]


def narrower(one: str, other: str) -> str:
    """Return the narrower of two intersecting host names: exact, then wildcard, then any."""
    return max(one, other, key=lambda host: (host != "" and not host.startswith("*."), len(host)))


def admits(gateway: Gateway, listener: Listener, namespace: str) -> bool:
    """Return whether a listener accepts HTTPRoutes of a namespace, or may, because its labels are unknown."""
    kinds = not listener.kinds or "HTTPRoute" in listener.kinds
    return kinds and _takes(gateway, listener, namespace, None) is not False


def intersect(one: str, other: str) -> bool:
    """Return whether two host names, possibly with a leading `*.`, share a host; a wildcard excludes the apex."""
    if one.startswith("*.") and other.startswith("*."):
        return one.endswith(other[1:]) or other.endswith(one[1:])
    if one.startswith("*."):
        return other.endswith(one[1:])
    return one.endswith(other[1:]) if other.startswith("*.") else one == other


def _takes(gateway: Gateway, listener: Listener, namespace: str, known: Mapping[str, str] | None) -> bool | None:
    """Return whether a listener accepts routes of a namespace; None if that depends on unknown labels."""
    if listener.namespaces_from == "All":
        return True
    if listener.namespaces_from != "Selector":
        return namespace == gateway.ref.namespace
    selector = listener.namespaces_selector
    present = {**(known or {}), _NAMESPACE_NAME: namespace}
    verdicts = [_matches(key, "In", [value], present, known) for key, value in labels(selector, "matchLabels").items()]
    verdicts += [
        _matches(text(e, "key") or "", text(e, "operator") or "", texts(e, "values"), present, known)
        for e in items(selector, "matchExpressions")
    ]
    if False in verdicts:
        return False
    return None if None in verdicts else True


def _matches(
    key: str, operator: str, values: Sequence[str], present: Mapping[str, str], known: Mapping[str, str] | None
) -> bool | None:
    """Return whether labels match a requirement; a missing key satisfies NotIn and DoesNotExist.

    Spec: LabelSelectorRequirement.
    """
    if known is None and key not in present:
        return None
    if operator in ("In", "NotIn"):
        return (present.get(key) in values) == (operator == "In")
    return (key in present) == (operator == "Exists")


def _hostnames_apart(listeners: Sequence[Listener], hostnames: Sequence[str]) -> str:
    served = ", ".join(sorted({entry.hostname or "any host" for entry in listeners}))
    return f"serves {served}, not {', '.join(hostnames)}; pass another --hostname or --listener"


def _names(listeners: Sequence[Listener]) -> str:
    return ", ".join(entry.name for entry in listeners)
