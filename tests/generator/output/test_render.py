"""What is rendered says what was planned, and survives any value."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib import import_module
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from llmd_routes.gateways.istio.body_filter import plan_filter
from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.objects import Ref
from llmd_routes.model.bodies import Bodies
from llmd_routes.model.gateways import Gateway, Version
from llmd_routes.model.plan import (
    Attachment,
    Backend,
    Extension,
    Keyed,
    Match,
    Plan,
    PlannedPool,
    PlannedRoute,
    Rule,
    Share,
)
from llmd_routes.model.printed import Printed
from llmd_routes.names import POOL_API_VERSION, POOL_V1, POOL_V1ALPHA2
from llmd_routes.output.discovery import describe
from llmd_routes.output.lua_program import extractor
from llmd_routes.output.render import render, render_printed
from llmd_routes.output.validate import validate
from llmd_routes.planning.routes import plan_routes
from llmd_routes_sidecar.extraction import Settings
from tests.generator.objects import deployment, vllm
from tests.generator.planning.collected import draft

(SERVICE,) = build_inventory([deployment("a", {"a": "b"}, vllm("m"))]).services
GATEWAY = Attachment(Ref("infra", "Gateway", "gw"), "istio")


def pool(name: str, group: str = POOL_V1, *ports: int, **selector: str) -> PlannedPool:
    ref = Ref("ns", "InferencePool", name)
    return PlannedPool(ref, group, selector or {"app": name}, ports or (8000,), f"{name}-epp", 9002)


def plan(backends: list[Backend], routes: list[PlannedRoute], **more: Any) -> Plan:
    values: dict[str, Any] = {
        "instance": "infra.gw",
        "attachments": (GATEWAY,),
        "hostnames": (),
        "timeout": "0s",
        "backends": tuple(backends),
        "defaults": {},
        "routes": tuple(routes),
        "printed": (),
    }
    return Plan(**{**values, **more})


def backend(planned: PlannedPool, owner: str, *models: str) -> Backend:
    return Backend(Keyed(SERVICE, owner, models), planned.ref, planned.group, None, planned)


@pytest.mark.parametrize("count", [1, 17, 129, 1000])
def test_discover_reads_back_what_was_planned(count: int) -> None:
    pools = [pool(f"p{n:04}", POOL_V1ALPHA2 if n % 3 == 2 else POOL_V1) for n in range(count)]
    backends = [backend(one, "vllm", f"m{n}", f"n{n}") for n, one in enumerate(pools)]
    defaults = {f"{letter}{n}": "vllm" for n in range(count) for letter in "mn"}
    made = plan(backends, plan_routes(draft(*backends, defaults=defaults, name="infra.gw"), 8))
    objects = [manifest.obj for manifest in render(made)]
    assert validate(objects) == []
    shown = describe(build_inventory(objects))
    assert [(p.namespace, p.name, p.api, p.selector, tuple(p.target_ports), p.epp) for p in shown.inference_pools] == [
        (p.ref.namespace, p.ref.name, POOL_API_VERSION[p.group], p.selector, p.ports, p.epp) for p in pools
    ]
    assert sorted((r.namespace, r.name, tuple(r.parents), tuple(r.backends)) for r in shown.http_routes) == sorted(
        (
            r.ref.namespace,
            r.ref.name,
            ("infra/gw",),
            tuple(f"InferencePool/ns/{share.name}" for rule in r.rules for share in rule.shares),
        )
        for r in made.routes
    )
    assert not any(route.catch_all for route in shown.http_routes)


def test_rules_say_what_was_planned() -> None:
    rules = (
        Rule((Match("/v1", guard=True),)),
        Rule((Match("/v1", ("m",), ("vllm",)), Match("/v2", ("m",))), (Share("p", POOL_V1),)),
    )
    made = plan([], [PlannedRoute(Ref("ns", "HTTPRoute", "r"), rules)], hostnames=("a.example.com",), timeout="30s")
    (manifest,) = render(made)
    spec = manifest.obj["spec"]
    assert spec["hostnames"] == ["a.example.com"]
    assert spec["parentRefs"] == [
        {"group": "gateway.networking.k8s.io", "kind": "Gateway", "namespace": "infra", "name": "gw"}
    ]
    model = {"type": "Exact", "name": "x-gateway-model-name", "value": "m"}
    owner = {"type": "Exact", "name": "x-owned-by", "value": "vllm"}
    anyone = {"type": "RegularExpression", "name": "x-owned-by", "value": ".+"}
    assert spec["rules"] == [
        {"matches": [{"path": {"type": "PathPrefix", "value": "/v1"}, "headers": [anyone]}]},
        {
            "matches": [
                {"path": {"type": "PathPrefix", "value": "/v1"}, "headers": [model, owner]},
                {"path": {"type": "PathPrefix", "value": "/v2"}, "headers": [model]},
            ],
            "backendRefs": [{"group": POOL_V1, "kind": "InferencePool", "name": "p", "weight": 1}],
            "timeouts": {"request": "30s"},
        },
    ]


def test_several_values_of_a_header_are_a_pattern() -> None:
    rule = Rule((Match("/v1", ("a.b", "c"), ("default", "vllm")),), (Share("p", POOL_V1),))
    (manifest,) = render(plan([], [PlannedRoute(Ref("ns", "HTTPRoute", "r"), (rule,))]))
    (match,) = manifest.obj["spec"]["rules"][0]["matches"]
    assert match["headers"] == [
        {"type": "RegularExpression", "name": "x-gateway-model-name", "value": r"^(a\.b|c)$"},
        {"type": "RegularExpression", "name": "x-owned-by", "value": "^(default|vllm)$"},
    ]


def test_a_filter_answers_instead_of_a_backend() -> None:
    rule = Rule((Match("/"),), extension=Extension("example.com", "Answer", "a"))
    (manifest,) = render(plan([], [PlannedRoute(Ref("ns", "HTTPRoute", "r"), (rule,))], timeout="30s"))
    reference = {"group": "example.com", "kind": "Answer", "name": "a"}
    assert manifest.obj["spec"]["rules"] == [
        {
            "matches": [{"path": {"type": "PathPrefix", "value": "/"}}],
            "filters": [{"type": "ExtensionRef", "extensionRef": reference}],
        }
    ]


def test_pools_of_both_apis() -> None:
    backends = [backend(pool("p", POOL_V1, 8000, 8001), "vllm"), backend(pool("q", POOL_V1ALPHA2), "sglang")]
    first, second = (manifest.obj["spec"] for manifest in render(plan(backends, [])))
    picker = {"group": "", "kind": "Service", "failureMode": "FailOpen"}
    assert first == {
        "selector": {"matchLabels": {"app": "p"}},
        "targetPorts": [{"number": 8000}, {"number": 8001}],
        "endpointPickerRef": {**picker, "name": "p-epp", "port": {"number": 9002}},
    }
    assert second == {
        "selector": {"app": "q"},
        "targetPortNumber": 8000,
        "extensionRef": {**picker, "name": "q-epp", "portNumber": 9002},
    }


def test_what_others_refer_to_comes_first() -> None:
    route = PlannedRoute(Ref("a", "HTTPRoute", "a"), (Rule((Match("/", ("m",)),), (Share("p", POOL_V1),)),))
    rule = Printed(
        Ref("a", "DestinationRule", "z"), "istio/epp-destinationrule.yaml.j2", {"host": "z.a.svc.cluster.local"}
    )
    made = plan([backend(pool("p"), "vllm")], [route], printed=(rule,))
    assert [manifest.obj["kind"] for manifest in render(made)] == ["InferencePool", "DestinationRule", "HTTPRoute"]


STRANGE = ["on", "1.0", "null", "~", "- a", "{{ x }}", "a: b", "#", "'", '"', "\\", "a\u2028b", "é", "%", "&<>", "1e3"]


@given(st.one_of(st.sampled_from(STRANGE), st.text(min_size=1)))
def test_every_value_comes_back_as_it_was(value: str) -> None:
    rules = (Rule((Match("/v1", (value,), (value,)),), (Share(value, POOL_V1),)),)
    made = plan([], [PlannedRoute(Ref("ns", "HTTPRoute", value), rules)])
    (manifest,) = render(made)
    headers = manifest.obj["spec"]["rules"][0]["matches"][0]["headers"]
    assert [header["value"] for header in headers] == [value, value]
    assert manifest.obj["metadata"]["name"] == value


@pytest.mark.parametrize("value", STRANGE)
def test_other_readers_of_yaml_agree(value: str) -> None:
    made = plan([], [PlannedRoute(Ref("ns", "HTTPRoute", value), (Rule((Match("/v1", (value,)),)),))])
    (manifest,) = render(made)
    assert YAML(typ="safe", pure=True).load(manifest.text) == json.loads(json.dumps(manifest.obj))


def test_a_filter_selects_its_gateway_by_what_the_release_knows() -> None:
    ref, bodies = Ref("infra", "EnvoyFilter", "infra.gw"), Bodies(Settings())
    (planned,) = plan_filter(ref, GATEWAY, bodies)
    spec = render_printed(planned, "infra.gw").obj["spec"]
    assert spec["targetRefs"] == [{"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "gw"}]
    assert "workloadSelector" not in spec
    seen = Gateway(GATEWAY.ref, None, "istio", "istio", (), {"istio": Version(1, 26, 9)})
    (planned,) = plan_filter(ref, replace(GATEWAY, gateway=seen), bodies)
    older = render_printed(planned, "infra.gw").obj["spec"]
    assert older["workloadSelector"] == {"labels": {"gateway.networking.k8s.io/gateway-name": "gw"}}
    assert "targetRefs" not in older
    assert older["configPatches"] == spec["configPatches"]


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_value_stands_in_the_program(model: str, owner: str) -> None:
    splits = {model: {owner: 1}}
    program = extractor(Settings(splits=splits)).encode()
    lua: Any = import_module("lupa.luajit21").LuaRuntime(encoding=None)
    lua.execute(program.replace(b"local SPLITS", b"SPLITS", 1))
    found = lua.globals()[b"SPLITS"]
    assert found[model.encode()][1][1] == owner.encode()
