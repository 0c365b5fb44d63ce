"""The DestinationRules that let an istio gateway speak TLS to EPPs. Pure, no I/O.

An EPP serves gRPC over TLS with a certificate it signs itself, unless told not to; without a DestinationRule istio
speaks plain text to it and every request is answered 500.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from llmd_routes.gateways.implementation import Draft
from llmd_routes.kube.objects import Object, Ref
from llmd_routes.model.gateways import Policy
from llmd_routes.model.inventory import Epp
from llmd_routes.model.printed import Printed
from llmd_routes.names import CLUSTER_DOMAIN
from llmd_routes.notices import Notice

from .policies import RULE
from .rule_lookup import applied_rule, full_host, mode_of, tls_of

# Modes in which istio uses TLS without a mesh certificate.
_TLS: Final = ("SIMPLE", "MUTUAL")
_NEEDED: Final = "trafficPolicy.tls with mode: SIMPLE and insecureSkipVerify: true"


@dataclass(frozen=True)
class _Picker:
    """An endpoint picker behind a Service: its host, and the existing rule that each Gateway's namespace applies."""

    epp: Epp
    host: str
    applied: dict[str, Policy | None]

    @property
    def ref(self) -> Ref:
        """Return the name of the rule that llmd-routes emits for it."""
        return Ref(self.epp.workload.namespace, RULE, self.epp.service or "")


def destination_rules(draft: Draft) -> Iterator[Printed | str]:
    """Yield the missing rules, sorted by host, and an error for each one that could not take effect."""
    names = {rule.ref for rule in _foreign(draft)}
    for picker in _pickers(draft):
        lacking = {place: rule for place, rule in picker.applied.items() if not _speaks_tls(rule, picker.epp.port)}
        is_set = any(rule is not None and _is_exact(rule, picker) for rule in picker.applied.values())
        if not picker.epp.tls or not lacking or is_set:
            continue
        if picker.ref in names:
            yield f"{picker.ref}: has the name of the generated rule for {picker.host} and another host; rename it"
        for namespace, rule in lacking.items():
            if rule is not None and rule.ref.namespace == namespace != picker.ref.namespace:
                yield _without_effect(rule, picker)
        yield Printed(picker.ref, "istio/epp-destinationrule.yaml.j2", {"host": picker.host})


def contradictions(draft: Draft) -> Iterator[Notice]:
    """Yield a warning for each rule whose TLS mode differs from that of the endpoint picker with its host."""
    for picker in _pickers(draft):
        rules = {rule.ref: rule for rule in picker.applied.values() if rule is not None}
        for rule in rules.values():
            mode = mode_of(tls_of(rule, picker.epp.port))
            if not picker.epp.tls and mode in _TLS:
                fact = f"sets TLS mode {mode} for {picker.host}, but {picker.epp.workload} serves without TLS"
                fix = "set trafficPolicy.tls.mode: DISABLE there, or remove --secure-serving=false from the picker"
                yield Notice("picker-tls", str(rule.ref), fact, fix)
            elif picker.epp.tls and _is_exact(rule, picker) and not _speaks_tls(rule, picker.epp.port):
                told = f"sets {_shown(mode)} for {picker.host}"
                fact = f"{told}, but {picker.epp.workload} serves TLS with a self-signed certificate"
                yield Notice("picker-tls", str(rule.ref), fact, f"set {_NEEDED} there")


def _shown(mode: str | None) -> str:
    if mode is None:
        return "no TLS mode"
    return f"TLS mode {mode}" + (" with verification" if mode in _TLS else "")


def _foreign(draft: Draft) -> list[Policy]:
    return [p for p in draft.policies if p.ref.kind == RULE and p.instance != draft.route_set.instance]


def _pickers(draft: Draft) -> list[_Picker]:
    """Return the endpoint pickers with a Service, one for each host, sorted."""
    foreign = _foreign(draft)
    clients = sorted({one.ref.namespace for one in draft.route_set.attachments if one.implementation == "istio"})
    found: dict[str, _Picker] = {}
    for epp in (backend.epp for backend in draft.backends if backend.epp is not None):
        if epp.service is not None:
            namespace = epp.workload.namespace
            host = f"{epp.service}.{namespace}.{CLUSTER_DOMAIN}"
            applied = {client: applied_rule(host, namespace, client, foreign) for client in clients}
            found[host] = _Picker(epp, host, applied)
    return [found[host] for host in sorted(found)]


def _is_exact(rule: Policy, picker: _Picker) -> bool:
    """Return whether a rule has exactly this host, in the namespace where llmd-routes would emit one."""
    return rule.ref.namespace == picker.ref.namespace and full_host(rule) == picker.host


def _speaks_tls(rule: Policy | None, port: int) -> bool:
    """Return whether a rule makes istio use TLS in a way that accepts an endpoint picker's own certificate."""
    settings: Object = tls_of(rule, port) if rule is not None else {}
    trusts = (
        settings.get("insecureSkipVerify") is True or settings.get("caCertificates") or settings.get("credentialName")
    )
    return mode_of(settings) in _TLS and bool(trusts)


def _without_effect(rule: Policy, picker: _Picker) -> str:
    fact = f"applies to {picker.host}, because rules in the namespace of a Gateway take precedence"
    if full_host(rule) == picker.host:
        return f"{rule.ref}: {fact}; set {_NEEDED} there"
    return f"{rule.ref}: {fact}; add a DestinationRule for that host to {rule.ref.namespace}, with {_NEEDED}"
