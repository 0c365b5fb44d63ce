"""Routes of others that take requests of ours, or may; and those that are left alone."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.namespaces import Scope
from llmd_routes.model.plan import Plan
from llmd_routes.notices import Notice
from llmd_routes.output.render import render
from llmd_routes.planning.make import make_plan
from tests.generator.objects import Obj, container, deployment, gateway, pool, vllm
from tests.generator.options import to_options

SGLANG = container("s", "lmsysorg/sglang:v1", ["python3", "-m", "sglang.launch_server"], ["--model-path", "m"])
SCENE = [
    deployment("a", {"app": "a"}, vllm("m")),
    deployment("b", {"app": "b"}, SGLANG),
    pool("a", {"app": "a"}, 8000),
    pool("b", {"app": "b"}, 30000),
]
POOL_REF = {"group": "inference.networking.k8s.io", "kind": "InferencePool"}
ALL = {"namespaces": {"from": "All"}}
CODES = ("shadowed", "tie", "rule-name")


def route(*matches: Obj, hostnames: list[str] | None = None, parent: Obj | None = None, **more: Any) -> Obj:
    backend = {**POOL_REF, "name": "other"}
    rule = {"matches": list(matches), "backendRefs": [backend], **more}
    return {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "r", "namespace": "ns"},
        "spec": {"parentRefs": [parent or {"name": "gw"}], "hostnames": hostnames or [], "rules": [rule]},
    }


def match(path: str = "/v1", kind: str = "PathPrefix", **headers: str) -> Obj:
    named = [{"name": name.replace("_", "-"), "value": value} for name, value in headers.items()]
    return {"path": {"type": kind, "value": path}} | ({"headers": named} if named else {})


def notices(*objects: Obj, gateway_class: str = "istio", **options: Any) -> list[Notice]:
    plan = made(gateway(gateway_class=gateway_class), *objects, **options)
    return [notice for notice in plan.notices if notice.code in CODES]


def made(*objects: Obj, **options: Any) -> Plan:
    return make_plan(build_inventory([*SCENE, *objects], Scope(assume=True)), to_options(**options))


LEFT_ALONE: list[tuple[Obj, dict[str, Any]]] = [
    (route(match("/")), {}),
    (route(match("/v1")), {"no_catch_all": True}),
    (route(match("/v1")), {"models_endpoint": "none"}),
    # A list of models may be that of somebody else.
    (route(match("/v1/models")), {"models_endpoint": "none"}),
    (route(match("/v2/chat")), {}),
    (route(match("/v1x/chat")), {}),
    (route(match("/v1/chat"), parent={"name": "other"}), {}),
    (route(match("/v1/chat"), parent={"name": "gw", "namespace": "other"}), {}),
    (route(match("/v1", x_gateway_model_name="other", x_owned_by="vllm")), {}),
    (route(match("/v1", X_Gateway_Model_Name="m", X_Owned_By="tgi", x_team="a"), match("/")), {}),
    (route(match("/v1/chat", x_gateway_model_name="other", x_owned_by="vllm")), {}),
    (route(match("/v1/chat"), hostnames=["a.example.com"]), {"hostnames": ("b.example.com",)}),
    # A host of ours wins before any match of theirs.
    (route(match("/v1/chat")), {"hostnames": ("b.example.com",)}),
    (route(match("/v1/chat"), hostnames=["*.example.com"]), {"hostnames": ("b.example.com",)}),
]
FOUND: list[tuple[Obj, dict[str, Any], str]] = [
    (route(match("/v1/chat/completions")), {}, "shadowed"),
    (route(match("/v1/chat/completions", "Exact")), {}, "shadowed"),
    (route(match("/v1", x_gateway_model_name="m", x_owned_by="vllm", x_team="a")), {}, "shadowed"),
    (route({**match("/v1"), "method": "POST"}), {}, "shadowed"),
    (route(match("/"), hostnames=["a.example.com"]), {}, "shadowed"),
    (route(match("/v1"), hostnames=["a.b.example.com"]), {"hostnames": ("*.example.com",)}, "shadowed"),
    (route(match("/v1", x_gateway_model_name="m", x_owned_by="vllm")), {}, "tie"),
    (route(match("/v1/models")), {}, "tie"),
    (route(match("/v1/models", "Exact")), {}, "shadowed"),
    (route(match("/v1", x_team="a")), {}, "tie"),
    (route(match("/v1", x_owned_by="tgi")), {}, "tie"),
    (route(match("/", x_team="a", x_b="b"), match("/v1", x_team="a")), {"path_prefixes": ("/",)}, "shadowed"),
    (route(match("/v1", x_team="a"), hostnames=["a.com"]), {"hostnames": ("a.com",)}, "tie"),
]


@pytest.mark.parametrize(("foreign", "options"), LEFT_ALONE)
def test_left_alone(foreign: Obj, options: dict[str, Any]) -> None:
    assert notices(foreign, **options) == []


@pytest.mark.parametrize(("foreign", "options", "code"), FOUND)
def test_found(foreign: Obj, options: dict[str, Any], code: str) -> None:
    (notice,) = notices(foreign, **options)
    assert (notice.code, notice.object) == (code, "HTTPRoute ns/r")
    assert notice.remedy.startswith("pass --hostname")
    assert notice.remedy.endswith("or narrow spec.rules[0].matches of HTTPRoute ns/r")


def test_what_names_no_model_may_be_left_to_others() -> None:
    (notice,) = notices(route(match("/v1")))
    assert (notice.code, notice.remedy.split(";")[0]) == ("tie", "pass --no-catch-all to leave them to that route")


def test_routes_of_another_set_are_of_others() -> None:
    first = make_plan(build_inventory([*SCENE, gateway()], Scope(assume=True)), to_options(instance="one"))
    # Two sets of routes cannot read the bodies of one Gateway.
    applied = [dict(manifest.obj) for manifest in render(first) if manifest.obj["kind"] != "EnvoyFilter"]
    assert notices(*applied, instance="one") == []
    assert {notice.code for notice in notices(*applied, instance="two")} == {"tie"}


def test_rule_names_on_istio() -> None:
    named = route(match("/other"), name="chat")
    second = {**named["spec"]["rules"][0], "backendRefs": [{**POOL_REF, "name": "another"}]}
    assert notices(named) == []
    named["spec"]["rules"].append(second)
    assert [notice.code for notice in notices(named)] == ["rule-name", "rule-name"]
    assert notices(named, gateway_class="agentgateway") == []


@pytest.mark.parametrize(
    ("parent", "listeners"),
    [
        ({"name": "gw", "sectionName": "plain"}, ["plain", "tls"]),
        ({"name": "gw", "port": 80}, ["plain", "tls"]),
        ({"name": "gw", "group": "", "kind": "Service"}, ["plain"]),
        ({"name": "gw", "kind": "ListenerSet"}, ["plain"]),
    ],
)
def test_routes_of_other_listeners_do_not_compete(parent: Obj, listeners: list[str]) -> None:
    attached = gateway()
    ports = {"plain": (80, "HTTP"), "tls": (443, "HTTPS")}
    attached["spec"]["listeners"] = [
        {"name": name, "port": ports[name][0], "protocol": ports[name][1], "allowedRoutes": ALL} for name in listeners
    ]
    foreign = route(match("/v1/chat/completions"), parent=parent)
    assert [n for n in made(attached, foreign).notices if n.code in CODES] == []


def test_a_listener_cuts_host_names_and_namespaces() -> None:
    """On a listener for one host, routes for the wildcard and for every host are equal; others are not attached."""
    attached = gateway()
    attached["spec"]["listeners"][0] |= {"hostname": "ai.example.com"}
    for hostnames in ([], ["*.example.com"], ["shop.example.com"]):
        assert [n for n in made(attached, route(match("/"), hostnames=hostnames)).notices if n.code in CODES] == []
    attached["spec"]["listeners"][0] |= {"allowedRoutes": {"namespaces": {"from": "Same"}}}
    foreign = route(match("/v1/chat/completions"), parent={"name": "gw", "namespace": "ns"})
    foreign["metadata"]["namespace"] = "other"
    assert [n.code for n in made(attached, foreign).notices if n.code in CODES] == []


def test_a_route_to_the_same_pool_takes_nothing_away() -> None:
    same = route(match("/v1/chat", x_gateway_model_name="m", x_owned_by="vllm"))
    same["spec"]["rules"][0]["backendRefs"] = [{**POOL_REF, "name": "a"}]
    assert notices(same) == []
    same["spec"]["rules"][0]["backendRefs"].append({**POOL_REF, "name": "b"})
    assert [notice.code for notice in notices(same)] == ["shadowed"]


def test_the_fix_for_a_route_that_is_maintained() -> None:
    kept = route(match("/v1/chat/completions"))
    kept["metadata"] |= {"annotations": {"meta.helm.sh/release-name": "shop"}}
    (notice,) = notices(kept)
    assert notice.remedy == (
        "pass --hostname or --path-prefix, or narrow matches of rule 1 in the values of Helm release shop"
    )
    (notice,) = notices(route(match("/"), hostnames=["a.example.com"]))
    assert notice.remedy == "pass --hostname, or narrow spec.rules[0].matches of HTTPRoute ns/r"
