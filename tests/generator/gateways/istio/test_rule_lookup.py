"""The DestinationRule that istio applies, by namespaces, hosts and exportTo."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.gateways.istio.rule_lookup import applied_rule, full_host, tls_of
from llmd_routes.kube.objects import Ref
from llmd_routes.model.gateways import Policy

HOST = "epp.llm.svc.cluster.local"


def rule(name: str, namespace: str, host: str = HOST, **spec: Any) -> Policy:
    return Policy(Ref(namespace, "DestinationRule", name), (host,), None, {"host": host, **spec})


SELECTED: dict[str, Any] = {"workloadSelector": {"matchLabels": {"app": "x"}}}


@pytest.mark.parametrize(
    ("rules", "client", "name"),
    [
        ([], "gateways", None),
        ([rule("a", "llm")], "gateways", "a"),
        ([rule("a", "llm", "epp")], "gateways", "a"),
        ([rule("a", "other", "epp")], "gateways", None),
        # A name with a dot is taken as it is.
        ([rule("a", "llm", "epp.llm")], "gateways", None),
        ([rule("a", "llm", "*.local"), rule("b", "llm")], "gateways", "b"),
        ([rule("a", "llm", "*.local"), rule("b", "llm", "*.llm.svc.cluster.local")], "gateways", "b"),
        ([rule("a", "llm", "*")], "gateways", "a"),
        # The client's namespace counts first, even for a wildcard.
        ([rule("a", "llm"), rule("b", "gateways", "*.local")], "gateways", "b"),
        ([rule("a", "llm"), rule("b", "gateways", "*.local")], "llm", "a"),
        ([rule("a", "llm"), rule("b", "gateways", "*.local", exportTo=["llm"])], "gateways", "a"),
        ([rule("a", "llm"), rule("b", "gateways", "*.local", **SELECTED)], "gateways", "a"),
        # Rules of other namespaces never count, but for those of the root namespace.
        ([rule("a", "elsewhere")], "gateways", None),
        ([rule("a", "istio-system", "*.local")], "gateways", "a"),
        ([rule("a", "istio-system", "*.local"), rule("b", "llm")], "gateways", "b"),
        ([rule("a", "istio-system", "*.local"), rule("b", "llm", "*.llm.svc.cluster.local")], "gateways", "b"),
        # A Gateway in the root namespace.
        ([rule("a", "istio-system", "*.local"), rule("b", "llm")], "istio-system", "b"),
        ([rule("a", "istio-system", "*.local", exportTo=["."]), rule("b", "llm")], "istio-system", "a"),
        # exportTo
        ([rule("a", "llm", exportTo=["."])], "gateways", None),
        ([rule("a", "llm", exportTo=["."])], "llm", "a"),
        ([rule("a", "llm", exportTo=["gateways"])], "gateways", "a"),
        ([rule("a", "llm", exportTo=["other"])], "gateways", None),
        ([rule("a", "llm", exportTo=["other"]), rule("b", "istio-system", "*")], "gateways", "b"),
        ([rule("a", "llm", **SELECTED)], "gateways", None),
    ],
)
def test_the_rule_that_is_applied(rules: list[Policy], client: str, name: str | None) -> None:
    found = applied_rule(HOST, "llm", client, rules)
    assert (found.ref.name if found else None) == name


def test_hosts_in_full() -> None:
    assert [full_host(rule("a", "ns", host)) for host in ("epp", "epp.llm", "*.local", "*")] == [
        "epp.ns.svc.cluster.local",
        "epp.llm",
        "*.local",
        "*",
    ]


@pytest.mark.parametrize(
    ("policy", "settings"),
    [
        ({}, {}),
        ({"tls": {"mode": "SIMPLE"}}, {"mode": "SIMPLE"}),
        (
            {"tls": {"mode": "SIMPLE"}, "portLevelSettings": [{"port": {"number": 9002}, "tls": {"mode": "DISABLE"}}]},
            {"mode": "DISABLE"},
        ),
        ({"tls": {"mode": "SIMPLE"}, "portLevelSettings": [{"port": {"number": 80}}]}, {"mode": "SIMPLE"}),
        # The settings of a port replace all others.
        ({"tls": {"mode": "SIMPLE"}, "portLevelSettings": [{"port": {"number": 9002}}]}, {}),
    ],
)
def test_tls_settings_of_a_port(policy: dict[str, Any], settings: dict[str, Any]) -> None:
    assert tls_of(rule("a", "ns", trafficPolicy=policy), 9002) == settings
