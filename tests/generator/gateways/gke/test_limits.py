"""Classes and namespaces that GKE does not support."""

from __future__ import annotations

import pytest

from llmd_routes.errors import PlanError
from tests.generator.objects import deployment, pool, vllm

from .planned import planned


@pytest.mark.parametrize("name", ["gke-l7-rilb", "gke-l7-regional-external-managed"])
def test_regional_classes(name: str) -> None:
    assert planned(gateway_class=name, image="x").carrier.kind == "ext-proc"


@pytest.mark.parametrize("name", ["gke-l7-gxlb", "gke-l7-global-external-managed", "gke-l7-rilb-mc"])
def test_other_classes_route_only_to_services(name: str) -> None:
    with pytest.raises(PlanError, match=f"Gateway ns/gw: class {name} supports neither .* use a Gateway of class gke-"):
        planned(gateway_class=name)
    with pytest.raises(PlanError, match=f"class {name} supports neither"):
        planned(gateway_class=name, backend="service", image="x")
    assert planned(gateway_class=name, backend="service").routes


def test_pools_are_in_the_namespace_of_the_gateway() -> None:
    far = [deployment(name, {"app": name}, vllm(name), namespace="far") for name in ("elm", "ash")]
    pools = [pool(name, {"app": name}, 8000, namespace="far") for name in ("elm", "ash")]
    with pytest.raises(PlanError) as caught:
        planned(*far, *pools)
    assert [str(problem) for problem in caught.value.problems] == [
        "Gateway ns/gw: GKE routes only to InferencePools in its namespace, and ash, elm would be in far;"
        " use a Gateway in far, or select services with -n"
    ]
