"""Routes to Services: stand-alone routers first, then plain Services."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.errors import PlanError
from llmd_routes.inventory.build import build_inventory
from llmd_routes.model.plan import Plan, Share
from llmd_routes.planning.make import make_plan
from tests.generator.objects import Obj, container, deployment, epp, gateway, service, vllm
from tests.generator.options import to_options

OAK = deployment("oak", {"app": "oak"}, vllm("m", ports=[{"containerPort": 8000}]))
FRONT = service("oak", {"app": "oak"}, port=8000)


def router(replicas: int = 1) -> list[Obj]:
    made = epp("oak-epp", "--endpoint-selector=app=oak", labels={"router": "oak"})
    made["spec"]["template"]["spec"]["containers"].append(container("envoy-proxy", "envoyproxy/envoy:v1.33"))
    made["spec"]["replicas"] = replicas
    return [made, service("oak-epp", {"router": "oak"}, port=8081)]


def plan(*objects: Obj, **options: Any) -> Plan:
    return make_plan(build_inventory([OAK, gateway(), *objects]), to_options(**{"backend": "service"} | options))


def shares(made: Plan) -> set[Share]:
    return {share for route in made.routes for rule in route.rules for share in rule.shares}


def codes(made: Plan) -> list[str]:
    return [notice.code for notice in made.notices]


def test_a_router_is_preferred_to_a_plain_service() -> None:
    made = plan(*router(), FRONT)
    assert shares(made) == {Share("oak-epp", "", 1, 8081)}
    assert not made.pools
    assert codes(made) == []


def test_a_plain_service_has_no_picker() -> None:
    made = plan(FRONT)
    assert shares(made) == {Share("oak", "", 1, 8000)}
    assert codes(made) == ["without-picker"]


def test_a_router_without_pods_is_reported() -> None:
    (notice,) = plan(*router(replicas=0)).notices
    assert (notice.code, notice.object) == ("picker-unreachable", "Deployment ns/oak-epp")


def test_the_models_server_watches_the_pods_behind_the_service() -> None:
    catalog = plan(*router()).endpoint.catalog
    assert catalog is not None
    (found,) = catalog.services
    assert found.pods is not None
    assert (found.pool, found.pods.namespace, found.pods.selector, found.pods.ports) == (
        *("oak-epp", "ns"),
        {"app": "oak"},
        (8000,),
    )


def test_the_default_engine_stays_with_its_service() -> None:
    elm = deployment("elm", {"app": "elm"}, container("sglang", "lmsysorg/sglang:v1", None, ["--model-path", "m"]))
    elm["spec"]["template"]["spec"]["containers"][0]["ports"] = [{"containerPort": 30000}]
    both = [FRONT, elm, service("elm", {"app": "elm"}, port=30000)]
    before = plan(*both, defaults=("sglang",))
    assert before.defaults == {"m": "sglang"}
    rules = [
        {
            "matches": [{"headers": [{"name": "x-gateway-model-name", "value": "m"}]}],
            "backendRefs": [{"name": "elm", "port": 30000}],
        }
    ]
    route = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "ns.gw", "namespace": "ns", "labels": {"llmd-routes/instance": "ns.gw"}},
        "spec": {"parentRefs": [{"name": "gw"}], "rules": rules},
    }
    assert plan(*both, route).defaults == {"m": "sglang"}


@pytest.mark.parametrize(
    ("objects", "line"),
    [
        (
            [],
            "ModelService ns/oak: no stand-alone router and no Service selects exactly its pods, and routes reference"
            " Services: --backend service; install the chart llm-d-router-standalone for it, or create a Service that"
            " selects its pods",
        ),
        (
            router()[:1],
            "ModelService ns/oak: no stand-alone router and no Service selects exactly its pods, and routes reference"
            " Services: --backend service; install the chart llm-d-router-standalone for it, or create a Service that"
            " selects its pods",
        ),
        (
            [service("oak-epp", {"inferencepool": "oak-epp"}), epp("oak-epp", "--endpoint-selector=app=oak")],
            "ModelService ns/oak: no Service in the input selects the proxy of Deployment ns/oak-epp;"
            " add the Service of its stand-alone router",
        ),
    ],
)
def test_what_has_no_service(objects: list[Obj], line: str) -> None:
    with pytest.raises(PlanError) as caught:
        plan(*objects)
    assert list(caught.value.lines) == [line]


def test_a_gateway_does_not_speak_tls_to_a_plain_service() -> None:
    secure = deployment("oak", {"app": "oak"}, vllm("m", "--ssl-certfile=/c", ports=[{"containerPort": 8000}]))
    with pytest.raises(PlanError) as caught:
        make_plan(build_inventory([secure, gateway(), FRONT]), to_options(backend="service"))
    assert "serve TLS" in caught.value.lines[0]


@pytest.mark.parametrize("option", [{"pool_api": "v1"}, {"epp": "deploy"}, {"take_over": True}])
def test_options_about_pools_have_no_effect(option: dict[str, Any]) -> None:
    with pytest.raises(PlanError) as caught:
        plan(*router(), **option)
    assert "applies only to InferencePools" in caught.value.lines[0]
