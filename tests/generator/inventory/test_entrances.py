"""The Services through which requests can reach a ModelService without an InferencePool."""

from __future__ import annotations

import pytest

from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.objects import ServicePort
from llmd_routes.model.inventory import Inventory
from tests.generator.objects import Obj, container, deployment, epp, pool, service, vllm

OAK = deployment("oak", {"app": "oak", "kind": "tree"}, vllm("m", ports=[{"name": "web", "containerPort": 8000}]))
ELM = deployment("elm", {"app": "elm", "kind": "tree"}, vllm("n"))
PROXY = container("envoy-proxy", "envoyproxy/envoy:v1.33")
ROUTER = ServicePort("ns", "oak-epp", 8081)


def router(*flags: str) -> list[Obj]:
    """Return an endpoint picker with its proxy, and their Service."""
    made = epp("oak-epp", *flags, labels={"router": "oak"})
    made["spec"]["template"]["spec"]["containers"].append(PROXY)
    front = service("oak-epp", {"router": "oak"})
    front["spec"]["ports"].append({"name": "http", "port": 8081})
    return [made, front]


def oak(inventory: Inventory) -> tuple[ServicePort | None, ServicePort | None, str | None]:
    (found,) = (one for one in inventory.services if one.name == "oak")
    return found.router, found.front, found.epp


def test_a_router_that_selects_exactly_the_pods() -> None:
    inventory = build_inventory([OAK, ELM, *router("--endpoint-selector=app=oak")])
    assert oak(inventory) == (ROUTER, None, "oak-epp")
    assert not [notice for notice in inventory.notices if notice.code == "mixed-router"]


def test_a_router_with_an_inference_pool() -> None:
    objects = [OAK, ELM, pool("oak", {"app": "oak"}, 8000, epp="oak-epp"), *router("--pool-name", "oak")]
    assert oak(build_inventory(objects)) == (ROUTER, None, "oak-epp")


def test_a_router_that_also_selects_other_pods_is_not_used() -> None:
    inventory = build_inventory([OAK, ELM, *router("--endpoint-selector=kind=tree")])
    assert oak(inventory) == (None, None, None)
    (notice,) = (one for one in inventory.notices if one.code == "mixed-router" and one.object.endswith("oak"))
    assert notice.message == "Deployment ns/oak-epp also selects other pods (ModelService ns/elm)"
    assert notice.remedy == "narrow its --endpoint-selector to the pods of this ModelService"


def plain(selector: Obj, port: int | str | None, **more: list[Obj]) -> Obj:
    made = service("oak", selector, port=80)
    made["spec"]["ports"] = [{"name": "metrics", "port": 9}, {"port": 80} | ({"targetPort": port} if port else {})]
    made["metadata"] |= more
    return made


@pytest.mark.parametrize(
    ("front", "usable"),
    [
        (plain({"app": "oak"}, 8000), True),
        (plain({"app": "oak"}, "web"), True),
        (plain({"app": "oak"}, None), False),
        (plain({"app": "oak"}, "other"), False),
        (plain({"kind": "tree"}, 8000), False),
        (plain({}, 8000), False),
        (plain({"app": "oak"}, 8000, ownerReferences=[{"kind": "InferencePool", "name": "oak"}]), False),
    ],
)
def test_a_plain_service(front: Obj, usable: bool) -> None:
    expected = ServicePort("ns", "oak", 80) if usable else None
    assert oak(build_inventory([OAK, ELM, front])) == (None, expected, None)


def test_a_service_before_prefill_and_decode_pods_is_not_used() -> None:
    halves = [
        deployment(f"oak-{role}", {"app": "oak", "llm-d.ai/role": role}, vllm("m")) for role in ("prefill", "decode")
    ]
    assert oak(build_inventory([*halves, plain({"app": "oak"}, 8000)])) == (None, None, None)
