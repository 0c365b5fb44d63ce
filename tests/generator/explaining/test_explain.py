"""A request is followed from the listener to the pods, on every implementation that reads bodies."""

from __future__ import annotations

from typing import Any

import pytest

from tests.generator.emitted import IMAGE, emitted
from tests.generator.objects import Obj, gateway

from .asking import CHAT, client_request, explained, match, route, rule

BODY = {"model": "m1", "owned_by": "sglang"}
WAYS: list[tuple[str, dict[str, Any]]] = [
    ("istio", {}),
    ("istio", {"body_to_header": "ext-proc", "image": IMAGE}),
    ("istio", {"body_to_header": "ext-authz", "image": IMAGE}),
    ("agentgateway", {}),
    ("agentgateway", {"body_to_header": "ext-authz", "image": IMAGE}),
    ("envoy-gateway", {}),
    ("envoy-gateway", {"body_to_header": "ext-proc", "image": IMAGE}),
    ("envoy-gateway", {"body_to_header": "ext-authz", "image": IMAGE}),
    ("gke", {"body_to_header": "ext-proc", "image": IMAGE}),
    ("envoy", {}),
    ("envoy", {"body_to_header": "ext-authz", "image": IMAGE}),
]


@pytest.mark.parametrize(("implementation", "options"), WAYS)
def test_what_generate_emits_routes_as_it_says(implementation: str, options: dict[str, Any]) -> None:
    objects = emitted(implementation, **options)
    for body, pool in (
        (BODY, "sglang"),
        ({"model": "m1"}, "vllm"),
        ({"model": "org/m2"}, "sglang"),
        ({"model": "m3", "engine": "vLLM"}, "vllm"),
    ):
        found = explained(objects, client_request(body))
        assert [each.backend.name for each in found.destinations] == [pool], body
        assert (found.outcome.status, found.doubts) == (None, ())
    for body, status in (({"model": "none"}, 404), ({"model": "m3", "owned_by": "sglang"}, 404), ({}, 400)):
        found = explained(objects, client_request(body))
        assert found.outcome.status == status, (body, found)
        assert found.outcome.body.startswith('{"error"')
    listed = explained(objects, client_request(None, "/v1/models", "GET")).outcome
    assert listed.status == 200
    assert '"m3"' in listed.body
    assert explained(objects, client_request(BODY, "/other")).outcome.status == 404


def test_the_listeners_and_the_policy_are_named() -> None:
    found = explained(emitted("istio"), client_request(BODY, port=8080))
    assert found.entrance.listeners == ("default",)
    assert found.reading is not None
    assert str(found.reading.policy) == "EnvoyFilter ns/x"
    assert found.doubts == ("Gateway ns/gw has no listener on port 8080; port 80 is assumed",)


def lost(objects: list[Obj], **more: Any) -> list[tuple[str, int, str | None]]:
    """Return the rules that accept a request, with the step by which they lose."""
    found = explained([gateway(), *objects], client_request(**more))
    return [(each.route.name, each.rule, each.lost_by) for each in found.candidates if each.mismatch is None]


def test_each_loser_has_the_deciding_step() -> None:
    everything = [
        route(
            "r",
            rule(match(CHAT, "Exact")),
            rule(match(CHAT)),
            rule(match() | {"method": "POST"}),
            rule(match(a="1")),
            rule(match(), match()),
        ),
        route("old", rule(match(CHAT, "Exact")), created="2026-01-01T00:00:00Z"),
    ]
    everything[0]["metadata"]["creationTimestamp"] = "2026-02-01T00:00:00Z"
    assert lost(everything, a="1") == [
        ("old", 1, None),
        ("r", 1, "an older route"),
        ("r", 2, "a path type of higher precedence"),
        ("r", 3, "a path type of higher precedence"),
        ("r", 4, "a path type of higher precedence"),
        ("r", 5, "a path type of higher precedence"),
        ("r", 5, "a path type of higher precedence"),
    ]
    assert lost([route("r", *everything[0]["spec"]["rules"][1:])], a="1")[1:] == [
        ("r", 2, "a longer path"),
        ("r", 3, "a longer path"),
        ("r", 4, "a longer path"),
        ("r", 4, "a longer path"),
    ]
    assert lost([route("r", *everything[0]["spec"]["rules"][2:])], a="1")[1:] == [
        ("r", 2, "a method"),
        ("r", 3, "a method"),
        ("r", 3, "a method"),
    ]
    assert lost([route("r", *everything[0]["spec"]["rules"][3:])], a="1")[1][2] == "more headers"


def test_rules_of_one_route_are_tried_in_order() -> None:
    assert lost([route("r", rule(match(), match()), rule(match()))]) == [
        ("r", 1, None),
        ("r", 1, "an earlier match in the rule"),
        ("r", 2, "an earlier rule in the route"),
    ]


def test_a_tie_of_routes_of_unknown_age_is_a_doubt() -> None:
    pair = [route("b", rule(match())), route("a", rule(match()))]
    assert lost(pair) == [("a", 1, None), ("b", 1, "a route name that sorts first")]
    found = explained([gateway(), *pair], client_request())
    assert found.doubts == (
        "HTTPRoute ns/a and HTTPRoute ns/b match equally well, so the older one wins,"
        " and their ages are not in the input",
    )


def test_a_more_specific_host_name_wins_first() -> None:
    routes = [route("any", rule(match(CHAT, "Exact"))), route("own", rule(match("/")), hostnames=["gw"])]
    agent = gateway(gateway_class="agentgateway")
    found = explained([agent, *routes], client_request())
    assert [(each.route.name, each.lost_by) for each in found.candidates] == [
        ("own", None),
        ("any", "a more specific host name"),
    ]


@pytest.mark.parametrize(
    ("rewrite", "path", "wanted"),
    [
        ({"replacePrefixMatch": "/v1"}, "/a/v1/x?b", "/v1/x?b"),
        ({"replacePrefixMatch": "/"}, "/a/v1", "/"),
        ({"replaceFullPath": "/y"}, "/a/v1/x?b", "/y?b"),
    ],
)
def test_the_path_of_the_backend(rewrite: dict[str, str], path: str, wanted: str) -> None:
    filters = [{"type": "URLRewrite", "urlRewrite": {"path": rewrite}}]
    found = explained([gateway(), route("r", rule(match("/a/v1"), filters=filters))], client_request(None, path))
    assert found.rewritten == wanted


def test_a_route_that_is_not_accepted_is_a_doubt() -> None:
    refused = route("r", rule(match()))
    condition = {"type": "Accepted", "status": "False", "reason": "NotAllowedByListeners"}
    refused["status"] = {"parents": [{"parentRef": {"name": "gw"}, "conditions": [condition]}]}
    found = explained([gateway(), refused], client_request())
    assert found.doubts == ("HTTPRoute ns/r is not accepted (NotAllowedByListeners), so it may match nothing",)


def test_the_policies_of_routes_run_only_for_their_requests() -> None:
    objects = emitted("envoy-gateway")
    foreign = route("foreign", rule(match("/v1/chat"), to=None))
    found = explained([*objects, foreign], client_request(BODY))
    assert found.reading is None
    assert found.winner is not None
    assert found.winner.route.name == "foreign"
    assert explained([*objects, foreign], client_request(BODY, "/v1/x")).reading is not None


def test_headers_that_a_gateway_removes_early_match_nothing() -> None:
    objects = emitted("envoy-gateway")
    objects = [obj for obj in objects if obj["kind"] not in ("HTTPRoute", "EnvoyExtensionPolicy")]
    foreign = route("foreign", rule(match("/other", x_gateway_model_name="m")))
    found = explained([*objects, foreign], client_request(None, "/other", x_gateway_model_name="m"))
    assert found.outcome.status == 404
    assert [(header.name, header.source) for header in found.headers] == [
        ("x-gateway-model-name", "ClientTrafficPolicy ns/x removes it")
    ]


def test_what_other_tools_set_is_known_or_a_doubt() -> None:
    spec = {
        "targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "gw"}],
        "configPatches": [
            {
                "applyTo": "HTTP_FILTER",
                "match": {"context": "GATEWAY"},
                "patch": {
                    "operation": "INSERT_FIRST",
                    "value": {
                        "name": "envoy.filters.http.ext_proc",
                        "typed_config": {
                            "processing_mode": {"request_body_mode": "BUFFERED"},
                            "grpc_service": {"envoy_grpc": {"cluster_name": "outbound|9004||bbr.ns.svc.cluster.local"}},
                        },
                    },
                },
            }
        ],
    }
    foreign = {
        "apiVersion": "networking.istio.io/v1alpha3",
        "kind": "EnvoyFilter",
        "metadata": {"name": "bbr", "namespace": "ns"},
        "spec": spec,
    }
    found = explained([gateway(), foreign, route("r", rule(match()))], client_request(BODY))
    assert found.reading is not None
    assert found.doubts == ("EnvoyFilter ns/bbr may set headers; its settings are not in the input",)
