"""Find the DestinationRule that istio applies to a host for the proxies of a Gateway. Pure, no I/O.

Source: destinationRule and setDestinationRules in pilot/pkg/model/push_context.go of https://github.com/istio/istio.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from llmd_routes.kube.objects import Object, items, mapping, port_number, text, texts
from llmd_routes.model.gateways import Policy
from llmd_routes.names import CLUSTER_DOMAIN

# The default root namespace of a mesh.
ROOT: Final = "istio-system"


def applied_rule(host: str, service: str, client: str, rules: Sequence[Policy]) -> Policy | None:
    """Return the rule for a Service's host that proxies in the namespace `client` apply, or None.

    `service` is the namespace of the Service. Rules of the client's namespace take precedence, even for a wildcard;
    then those of the Service's namespace, then those of the root namespace. Within a namespace the most specific host
    wins.
    """
    if client != ROOT:
        if found := _most_specific(host, _local(rules, client)):
            return found
    elif found := _most_specific(host, (rule for rule in _local(rules, ROOT) if _is_private(rule))):
        return found
    for namespace in (service, ROOT):
        exported = (rule for rule in rules if rule.ref.namespace == namespace and not _is_private(rule))
        found = _most_specific(host, exported)
        if found and _exported(found) & {"*", client}:
            return found
    return None


def tls_of(rule: Policy, port: int) -> Object:
    """Return the TLS settings of a rule for a port, or an empty mapping; settings of a port replace the others."""
    policy = mapping(rule.spec, "trafficPolicy")
    for entry in items(policy, "portLevelSettings"):
        if port_number(mapping(entry, "port").get("number")) == port:
            return mapping(entry, "tls")
    return mapping(policy, "tls")


def full_host(rule: Policy) -> str:
    """Return the full host of a rule: a name without a dot is a Service in the rule's own namespace."""
    (host,) = rule.targets
    return host if "." in host or host == "*" else f"{host}.{rule.ref.namespace}.{CLUSTER_DOMAIN}"


def _local(rules: Iterable[Policy], namespace: str) -> Iterator[Policy]:
    """Yield the rules of a namespace that apply to clients in it."""
    for rule in rules:
        # A workloadSelector selects pods. Whether it selects the gateway's pods is unknown, but it rarely does.
        is_for_all = not rule.spec.get("workloadSelector")
        if rule.ref.namespace == namespace and is_for_all and _exported(rule) & {"*", ".", namespace}:
            yield rule


def _exported(rule: Policy) -> set[str]:
    if rule.spec.get("workloadSelector"):
        return {"."}
    return set(texts(rule.spec, "exportTo")) or {"*"}


def _is_private(rule: Policy) -> bool:
    return _exported(rule) in ({"."}, {rule.ref.namespace})


def _most_specific(host: str, rules: Iterable[Policy]) -> Policy | None:
    """Return the rule whose host is equal, else the longest matching wildcard; the first of equal hosts."""
    matching = [rule for rule in rules if _matches(full_host(rule), host)]
    return max(matching, key=lambda rule: (full_host(rule) == host, len(full_host(rule))), default=None)


def _matches(pattern: str, host: str) -> bool:
    return host.endswith(pattern[1:]) if pattern.startswith("*") else pattern == host


def mode_of(settings: Any) -> str | None:
    """Return the TLS mode of settings."""
    return text(settings, "mode")
