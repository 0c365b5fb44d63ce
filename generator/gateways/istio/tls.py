"""The DestinationRules that let an istio gateway speak TLS to EPPs. Pure, no I/O.

An EPP serves gRPC over TLS with a certificate it signs itself, unless told not to; without a DestinationRule istio
speaks plain text to it and every request is answered 500.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase

from llmd_routes.kube.objects import Ref
from llmd_routes.model.inventory import Policy
from llmd_routes.model.plan import Backend
from llmd_routes.model.printed import Printed
from llmd_routes.names import CLUSTER_DOMAIN

from .policies import RULE


def destination_rules(
    backends: Iterable[Backend], policies: Iterable[Policy], instance: str
) -> Iterator[Printed | str]:
    """Yield the rules that are missing, sorted by host, and a line for each whose name another rule has."""
    foreign = [policy for policy in policies if policy.ref.kind == RULE and policy.instance != instance]
    covered = [_full_host(rule) for rule in foreign]
    made: dict[str, Printed] = {}
    for backend in backends:
        epp = backend.epp
        if epp is None or not epp.tls or epp.service is None:
            continue
        namespace = epp.workload.namespace
        host = f"{epp.service}.{namespace}.{CLUSTER_DOMAIN}"
        if any(fnmatchcase(host, pattern) for pattern in covered):
            continue
        ref = Ref(namespace, RULE, epp.service)
        if any(rule.ref == ref for rule in foreign):
            yield f"{ref}: is there for another host, and {host} needs one; rename it"
        made[host] = Printed(ref, "istio/epp-destinationrule.yaml.j2", {"host": host})
    yield from (made[host] for host in sorted(made))


def _full_host(rule: Policy) -> str:
    """Return the full name of a rule's host; a short one is of the rule's own namespace, as istio reads it."""
    (host,) = rule.targets
    parts = host.split(".")
    if "*" in host:
        return host
    if len(parts) == 1:
        return f"{host}.{rule.ref.namespace}.{CLUSTER_DOMAIN}"
    return f"{parts[0]}.{parts[1]}.{CLUSTER_DOMAIN}" if len(parts) in (2, 3) else host
