"""DestinationRules for endpoint pickers that serve TLS, beside existing ones."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.gateways.implementation import Draft
from llmd_routes.gateways.istio.tls import contradictions, destination_rules
from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.objects import Ref
from llmd_routes.model.gateways import Policy
from llmd_routes.model.inventory import Epp
from llmd_routes.model.plan import Attachment, Backend, Keyed, RouteSet
from llmd_routes.model.printed import Printed
from llmd_routes.names import POOL_V1
from tests.generator.objects import deployment, vllm

(SERVICE,) = build_inventory([deployment("a", {"a": "b"}, vllm("m"))]).services
HOST = "epp.ns.svc.cluster.local"
RIGHT: dict[str, Any] = {"mode": "SIMPLE", "insecureSkipVerify": True}


def backend(service: str | None = "epp", tls: bool = True) -> Backend:
    picker = Epp(Ref("ns", "Deployment", "epp"), service, 9002, "p", "ns", POOL_V1, tls, None)
    return Backend(Keyed(SERVICE, "vllm", ("m",)), Ref("ns", "InferencePool", "p"), POOL_V1, picker)


def rule(name: str, host: str = HOST, namespace: str = "ns", instance: str | None = None, **tls: Any) -> Policy:
    policy = {"trafficPolicy": {"tls": tls}} if tls else {}
    return Policy(Ref(namespace, "DestinationRule", name), (host,), instance, policy)


def draft(*policies: Policy, backends: tuple[Backend, ...] = (backend(),), gateway: str = "gateways") -> Draft:
    attachment = Attachment(Ref(gateway, "Gateway", "gw"), "istio")
    return Draft(RouteSet("i", (attachment,)), list(backends), policies=policies)


def made(scene: Draft) -> list[Any]:
    return [each.values["host"] if isinstance(each, Printed) else each for each in destination_rules(scene)]


@pytest.mark.parametrize(
    ("there", "hosts", "codes"),
    [
        ([], [HOST], 0),
        ([rule("x", **RIGHT)], [], 0),
        ([rule("x", mode="SIMPLE", caCertificates="/ca.pem")], [], 0),
        ([rule("x", "*.ns.svc.cluster.local", **RIGHT)], [], 0),
        ([rule("x", "*.local", "gateways", **RIGHT)], [], 0),
        # A wildcard with another mode: a rule for the host wins in the namespace of the picker and over the root's.
        ([rule("x", "*.ns.svc.cluster.local", mode="DISABLE")], [HOST], 0),
        ([rule("x", "*.local", "istio-system", mode="ISTIO_MUTUAL")], [HOST], 0),
        ([rule("x", "*.ns.svc.cluster.local")], [HOST], 0),
        # A rule for the same host would be merged: a contradiction.
        ([rule("x", mode="DISABLE")], [], 1),
        ([rule("x", mode="SIMPLE")], [], 1),
        ([rule("x", mode="ISTIO_MUTUAL")], [], 1),
        ([rule("x")], [], 1),
        ([rule("epp", instance="i", mode="DISABLE")], [HOST], 0),
    ],
)
def test_a_rule_is_made_unless_an_existing_one_applies(there: list[Policy], hosts: list[str], codes: int) -> None:
    assert made(draft(*there)) == hosts
    notices = list(contradictions(draft(*there)))
    assert [notice.code for notice in notices] == ["picker-tls"] * codes
    assert all(notice.object == "DestinationRule ns/x" for notice in notices)


@pytest.mark.parametrize(
    ("there", "error"),
    [
        (
            rule("x", "*.local", "gateways", mode="ISTIO_MUTUAL"),
            "add a DestinationRule for that host to gateways, with trafficPolicy.tls with mode: SIMPLE and",
        ),
        (rule("x", HOST, "gateways", mode="DISABLE"), "; set trafficPolicy.tls with mode: SIMPLE and"),
        (
            rule("epp", "elsewhere.example.com"),
            f"has the name of the generated rule for {HOST} and another host; rename it",
        ),
    ],
)
def test_a_rule_without_effect_is_an_error(there: Policy, error: str) -> None:
    line, _ = made(draft(there))
    assert line.startswith(f"{there.ref}: ")
    assert error in line


def test_a_wildcard_beside_gateway_and_picker_does_not_count_before_the_host() -> None:
    assert made(draft(rule("x", "*.local", mode="ISTIO_MUTUAL"), gateway="ns")) == [HOST]


def test_one_rule_for_pools_of_one_picker_and_none_without_tls() -> None:
    assert made(draft(backends=(backend(), backend()))) == [HOST]
    assert made(draft(backends=(backend(tls=False), backend(service=None)))) == []


@pytest.mark.parametrize(("mode", "count"), [("SIMPLE", 1), ("MUTUAL", 1), ("DISABLE", 0), ("ISTIO_MUTUAL", 0)])
def test_a_picker_without_tls_and_a_rule_with(mode: str, count: int) -> None:
    scene = draft(rule("x", mode=mode), backends=(backend(tls=False),))
    assert made(scene) == []
    notices = list(contradictions(scene))
    assert len(notices) == count
    for notice in notices:
        assert notice.message == f"sets TLS mode {mode} for {HOST}, but Deployment ns/epp serves without TLS"
