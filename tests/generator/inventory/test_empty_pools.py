"""InferencePools that select no pods beside ModelServices without a pool."""

from __future__ import annotations

from llmd_routes.inventory.build import build_inventory
from tests.generator.objects import Obj, deployment, pool, vllm

OAK, ELM = (deployment(name, {"app": name}, vllm(f"acme/{name}")) for name in ("oak", "elm"))


def said(*objects: Obj) -> list[tuple[str, str, str]]:
    notices = build_inventory(objects).notices
    return [(each.object, each.message, each.remedy) for each in notices if each.code == "pool-selects-nothing"]


def test_a_wrong_label() -> None:
    assert said(OAK, ELM, pool("p", {"app": "oaks"}, 8000)) == [
        (
            "ModelService ns/oak",
            "InferencePool ns/p selects app=oaks, and no pod of the input has these labels",
            "set its spec.selector to app=oak, if the pool is for this service",
        )
    ]


def test_a_chart_that_sets_the_selector() -> None:
    annotations = {"meta.helm.sh/release-name": "trees"}
    made = pool("p", {"app": "elms"}, 8000)
    made["metadata"]["annotations"] = annotations
    ((_, _, fix),) = said(OAK, ELM, made)
    assert fix.startswith("set the selector of the pool to app=elm in the values of Helm release trees, if the pool is")


def test_pools_that_may_be_right() -> None:
    assert said(OAK, pool("p", {"app": "oak"}, 8000), pool("q", {"app": "fir"}, 8000)) == []
    assert said(OAK, pool("p", {"app": "fir"}, 8000, namespace="other")) == []
    assert said(pool("p", {"app": "fir"}, 8000)) == []
    job = {**deployment("fir", {"app": "fir"}), "kind": "DaemonSet"}
    assert said(OAK, job, pool("p", {"app": "fir"}, 8000)) == []
