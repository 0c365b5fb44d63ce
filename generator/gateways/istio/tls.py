"""The DestinationRules that let an istio gateway speak TLS to EPPs. Pure, no I/O.

An EPP serves gRPC over TLS with a certificate it signs itself, unless told not to; without a DestinationRule istio
speaks plain text to it and every request is answered 500.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

from llmd_routes.kube.objects import Ref
from llmd_routes.model.inventory import DestinationRule
from llmd_routes.model.plan import Backend, PlannedDestinationRule
from llmd_routes.names import CLUSTER_DOMAIN


def plan_destination_rules(
    backends: Sequence[Backend], existing: Iterable[DestinationRule], instance: str
) -> tuple[list[PlannedDestinationRule], list[str]]:
    """Return the rules that are missing, sorted, and a line for each whose name somebody else has taken."""
    foreign = [rule for rule in existing if rule.instance != instance]
    covered = [_full_host(rule) for rule in foreign]
    found: dict[str, PlannedDestinationRule] = {}
    problems: list[str] = []
    for backend in backends:
        epp = backend.epp
        if epp is None or not epp.tls or epp.service is None:
            continue
        namespace = epp.workload.namespace
        host = f"{epp.service}.{namespace}.{CLUSTER_DOMAIN}"
        if any(fnmatchcase(host, pattern) for pattern in covered):
            continue
        ref = Ref(namespace, "DestinationRule", epp.service)
        if any(rule.ref == ref for rule in foreign):
            problems.append(f"{ref}: is there for another host, and {host} needs one; rename it")
        found[host] = PlannedDestinationRule(ref, host)
    return [found[host] for host in sorted(found)], problems


def _full_host(rule: DestinationRule) -> str:
    """Return the full name of a rule's host; a short one is of the rule's own namespace, as istio reads it."""
    parts = rule.host.split(".")
    if "*" in rule.host:
        return rule.host
    if len(parts) == 1:
        return f"{rule.host}.{rule.ref.namespace}.{CLUSTER_DOMAIN}"
    return f"{parts[0]}.{parts[1]}.{CLUSTER_DOMAIN}" if len(parts) in (2, 3) else rule.host
