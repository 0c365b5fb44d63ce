"""InferencePools that are there, and whose they are."""

from __future__ import annotations

from llmd_routes.inventory.build import build_inventory
from tests.generator.objects import (
    container,
    deployment,
    pod_template,
    pool,
    pool_v1alpha2,
    vllm,
    workload,
)
from tests.generator.scenes import GUIDE, NGINX, codes, names, sglang


def test_pools_that_take_exactly_a_service_are_its_pool() -> None:
    one = deployment("a", GUIDE, vllm("m"))
    exact = build_inventory([one, pool("p", {"llm-d.ai/guide": "g"}, 8000)]).services[0]
    assert (exact.pool and exact.pool.name, exact.epp) == ("p", "epp")
    alpha = build_inventory([one, pool_v1alpha2("p", {"llm-d.ai/guide": "g"}, 8000)]).services[0]
    assert alpha.pool is not None
    broad = build_inventory([one, deployment("b", GUIDE, sglang()), pool("p", {"llm-d.ai/guide": "g"}, 8000)])
    assert [s.pool for s in broad.services] == [None, None]
    assert "cross-selection" in codes(broad)
    wrong = build_inventory([one, pool("p", {"llm-d.ai/guide": "g"}, 9999)])
    assert codes(wrong) == {"pool-port-mismatch"}
    elsewhere = build_inventory([one, pool("p", {"llm-d.ai/guide": "g"}, 8000, namespace="other")])
    assert elsewhere.services[0].pool is None


def test_a_pool_that_takes_pods_which_do_not_serve() -> None:
    requester = workload("r", pod_template(GUIDE, container("inference-server", "own/requester:1")), kind="ReplicaSet")
    inventory = build_inventory([requester, deployment("a", GUIDE, vllm("m")), pool("p", GUIDE, 8000)])
    assert names(inventory) == [("a", ["Deployment/a"])]
    told = [notice.message for notice in inventory.notices if notice.code == "mixed-pool"]
    assert any("its pods and those of ReplicaSet/r, which do not serve" in message for message in told)


def test_pods_that_a_pool_takes_are_services_of_unknown_engine() -> None:
    taken, other = deployment("a", {"app": "a"}, NGINX), deployment("b", {"app": "b"}, NGINX)
    inventory = build_inventory(
        [taken, other, pool("p", {"app": "a"}, 8000), pool("q", {"app": "b"}, 80, namespace="x")]
    )
    assert names(inventory) == [("a", ["Deployment/a"])]
    assert inventory.services[0].engine is None
