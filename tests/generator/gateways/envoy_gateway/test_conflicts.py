"""Foreign policies and routes that prevent Envoy Gateway from reading bodies."""

from __future__ import annotations

import pytest

from llmd_routes.errors import PlanError
from tests.generator.objects import Obj

from .planned import planned, policy, printed

GATEWAY = {"kind": "Gateway", "name": "gw"}
REMOVED = {"earlyRequestHeaders": {"remove": ["X-Gateway-Model-Name"]}}


def client(*targets: Obj, **spec: object) -> Obj:
    return policy("ClientTrafficPolicy", "own", *targets, **spec)


def test_a_policy_that_suffices_replaces_the_generated_one() -> None:
    plan = planned(client(GATEWAY, connection={"bufferLimit": "4Mi"}, headers=REMOVED))
    assert not printed(plan, "ClientTrafficPolicy")
    assert printed(plan, "EnvoyExtensionPolicy")


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"connection": {"bufferLimit": "4Mi"}},
        {"headers": REMOVED},
        {"connection": {"bufferLimit": 4194303}, "headers": REMOVED},
        {"connection": {"bufferLimit": "4M"}, "headers": REMOVED},
    ],
)
@pytest.mark.parametrize("target", [GATEWAY, {**GATEWAY, "sectionName": "default"}])
def test_a_policy_that_lacks_something(spec: Obj, target: Obj) -> None:
    with pytest.raises(PlanError) as caught:
        planned(client(target, **spec))
    assert [str(problem) for problem in caught.value.problems] == [
        "ClientTrafficPolicy ns/own: applies to Gateway ns/gw instead of the generated one, and lacks what body-based"
        " routing needs; set connection.bufferLimit: 4096Ki and headers.earlyRequestHeaders.remove:"
        " [x-gateway-model-name] in its spec, or pass --body-to-header none"
    ]
    assert planned(client(target, **spec), body_to_header="none").printed == ()


@pytest.mark.parametrize("target", [{**GATEWAY, "name": "other"}, {**GATEWAY, "sectionName": "other"}])
def test_a_policy_elsewhere(target: Obj) -> None:
    assert printed(planned(client(target)), "ClientTrafficPolicy")


def test_a_policy_that_selects_by_labels_may_conflict() -> None:
    plan = planned(client(targetSelectors=[{"kind": "Gateway", "matchLabels": {"a": "b"}}]))
    assert [(n.code, n.object) for n in plan.notices if n.code != "without-picker"] == [
        ("policy-conflict", "ClientTrafficPolicy ns/own")
    ]


def test_an_extension_of_the_gateway_is_replaced_for_the_routes() -> None:
    plan = planned(policy("EnvoyExtensionPolicy", "own", GATEWAY))
    assert [(n.code, n.object) for n in plan.notices if n.code != "without-picker"] == [
        ("policy-conflict", "EnvoyExtensionPolicy ns/own")
    ]


def test_an_extension_of_the_route_is_an_error() -> None:
    with pytest.raises(PlanError, match=r"EnvoyExtensionPolicy ns/own: applies to HTTPRoute/ns\.gw"):
        planned(policy("EnvoyExtensionPolicy", "own", {"kind": "HTTPRoute", "name": "ns.gw"}))


def route(match: Obj, **spec: object) -> Obj:
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "app", "namespace": "ns"},
        "spec": {"parentRefs": [{"name": "gw"}], "rules": [{"matches": [match]}], **spec},
    }


PREFIX = {"path": {"type": "PathPrefix", "value": "/v1"}}


@pytest.mark.parametrize("path", ["/v1", "/v1/"])
def test_a_route_with_the_same_path_may_take_requests_first(path: str) -> None:
    with pytest.raises(PlanError) as caught:
        planned(route({"path": {"type": "PathPrefix", "value": path}}))
    assert str(caught.value.problems[0]) == (
        "HTTPRoute ns/app: rule 1 matches the same path without headers, so it may take requests before their body is"
        " read; pass --hostname or --path-prefix, or narrow spec.rules[0].matches of HTTPRoute ns/app"
    )


@pytest.mark.parametrize("pattern", ["/v1/.*", ".*/completions", "/v1/(models|x)", "["])
def test_a_regular_expression_precedes_prefixes(pattern: str) -> None:
    match = {"path": {"type": "RegularExpression", "value": pattern}, "headers": [{"name": "a", "value": "b"}]}
    with pytest.raises(PlanError) as caught:
        planned(route(match))
    assert str(caught.value.problems[0]) == (
        "HTTPRoute ns/app: rule 1 matches the same paths by a regular expression, so it may take requests before their"
        " body is read; pass --hostname or --path-prefix, or narrow spec.rules[0].matches of HTTPRoute ns/app"
    )


@pytest.mark.parametrize(
    ("other", "options"),
    [
        (route({"path": {"type": "RegularExpression", "value": "/app/.*"}}), {}),
        (route({"path": {"type": "PathPrefix", "value": "/"}}), {}),
        (route({**PREFIX, "headers": [{"name": "a", "value": "b"}]}), {}),
        (route({**PREFIX, "method": "GET"}), {}),
        (route(PREFIX, hostnames=["app.example.com"]), {"hostnames": ("llm.example.com",)}),
        (route(PREFIX, parentRefs=[{"name": "other"}]), {}),
    ],
)
def test_routes_that_leave_requests_to_the_filter(other: Obj, options: dict[str, object]) -> None:
    assert printed(planned(other, **options), "EnvoyExtensionPolicy")
