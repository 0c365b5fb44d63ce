"""DestinationRules for endpoint pickers that speak TLS."""

from __future__ import annotations

import pytest

from llmd_routes.gateways.istio.tls import destination_rules
from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.objects import Ref
from llmd_routes.model.inventory import Epp, Policy
from llmd_routes.model.plan import Backend, Keyed
from llmd_routes.model.printed import Printed
from llmd_routes.names import POOL_V1
from tests.generator.objects import deployment, vllm

(SERVICE,) = build_inventory([deployment("a", {"a": "b"}, vllm("m"))]).services
HOST = "epp.ns.svc.cluster.local"


def backend(service: str | None = "epp", tls: bool = True) -> Backend:
    picker = Epp(Ref("ns", "Deployment", "epp"), service, 9002, "p", "ns", POOL_V1, tls, None)
    return Backend(Keyed(SERVICE, "vllm", ("m",)), Ref("ns", "InferencePool", "p"), POOL_V1, picker)


def rule(name: str, host: str, namespace: str = "ns", instance: str | None = None) -> Policy:
    return Policy(Ref(namespace, "DestinationRule", name), (host,), instance)


@pytest.mark.parametrize(
    ("there", "made"),
    [
        ([], [HOST]),
        ([rule("x", HOST)], []),
        ([rule("x", "epp")], []),
        ([rule("x", "epp", namespace="other")], [HOST]),
        ([rule("x", "epp.ns", namespace="other")], []),
        ([rule("x", "*.ns.svc.cluster.local")], []),
        ([rule("epp", HOST, instance="i")], [HOST]),
    ],
)
def test_a_rule_is_made_where_no_other_is_for_the_host(there: list[Policy], made: list[str]) -> None:
    rules = [one for one in destination_rules([backend()], there, "i") if isinstance(one, Printed)]
    assert [one.values["host"] for one in rules] == made


def test_a_name_that_is_taken_is_a_problem() -> None:
    line, _ = destination_rules([backend()], [rule("epp", "elsewhere.example.com")], "i")
    assert line == f"DestinationRule ns/epp: is there for another host, and {HOST} needs one; rename it"


def test_one_rule_for_pools_of_one_picker_and_none_without_tls() -> None:
    assert len(list(destination_rules([backend(), backend()], [], "i"))) == 1
    assert list(destination_rules([backend(tls=False), backend(service=None)], [], "i")) == []
