"""A Gateway in front of another one is named with the rule that leads there."""

from __future__ import annotations

from llmd_routes.diagnosing.gateway_chains import judge_chains
from llmd_routes.explaining.entrances import find_doors
from llmd_routes.model.findings import Finding
from tests.generator.emitted import emitted
from tests.generator.explaining.asking import around, match, route, rule
from tests.generator.objects import gateway, service

LABEL = "gateway.networking.k8s.io/gateway-name"


def judged(selected: str, wanted: str = "gw") -> list[Finding]:
    proxies = service("proxies", {LABEL: selected})
    to_proxies = rule(match(), to=None) | {"backendRefs": [{"name": "proxies", "port": 80}]}
    edge = route("edge", to_proxies, parentRefs=[{"name": "outer"}])
    looked_up = around([*emitted("istio"), gateway("outer"), proxies, edge])
    doors = find_doors(looked_up.inventory, looked_up.objects)
    return list(judge_chains([door for door in doors if door.ref.name == wanted], doors, looked_up))


def test_a_rule_that_leads_to_the_proxies_of_another_gateway_is_named() -> None:
    (finding,) = judged("gw")
    assert (finding.severity, finding.cause, finding.object) == ("warning", "gateways-in-a-row", "HTTPRoute ns/edge")
    assert finding.fact == "Gateway ns/outer forwards requests to Gateway ns/gw"
    assert finding.field == "spec.rules[0].backendRefs of HTTPRoute ns/edge"


def test_other_services_and_the_outer_gateway_are_not() -> None:
    assert judged("elsewhere") == []
    assert judged("gw", "outer") == []
