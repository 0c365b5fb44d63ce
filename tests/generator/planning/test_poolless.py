"""Why a ModelService has no InferencePool, and the way out."""

from __future__ import annotations

import pytest

from llmd_routes.errors import PlanError
from llmd_routes.inventory.build import build_inventory
from llmd_routes.planning.make import make_plan
from tests.generator.objects import Obj, deployment, epp, gateway, pool, vllm
from tests.generator.options import to_options

OAK = deployment("oak", {"app": "oak"}, vllm("m"))


def problems(*objects: Obj) -> list[str]:
    with pytest.raises(PlanError) as caught:
        make_plan(build_inventory([OAK, gateway(), *objects]), to_options())
    return list(caught.value.lines)


def test_no_picker_at_all() -> None:
    (line,) = problems()
    assert line == (
        "ModelService ns/oak: no InferencePool selects its pods, and no endpoint picker (EPP) waits for one;"
        " install the chart llm-d-router-gateway for it, or pass --epp deploy"
    )


@pytest.mark.parametrize("flag", [["--endpoint-selector=app=oak"], ["--endpoint-selector", "app = oak"]])
def test_a_picker_that_needs_no_pool(flag: list[str]) -> None:
    (line,) = problems(epp("oak-epp", *flag, "--endpoint-target-ports=8000"))
    assert line == (
        "ModelService ns/oak: Deployment ns/oak-epp is a stand-alone router, which serves no InferencePool;"
        " pass --backend service to route to its proxy, install the chart llm-d-router-gateway instead, or pass"
        " --epp deploy"
    )


@pytest.mark.parametrize("selector", ["app=elm", "app", "app=oak,tier=x", ""])
def test_a_picker_of_other_pods(selector: str) -> None:
    (line,) = problems(epp("elm-epp", f"--endpoint-selector={selector}"))
    assert "no endpoint picker (EPP) waits" in line


def test_a_pool_that_selects_nothing() -> None:
    (line,) = problems(pool("oak-pool", {"app": "oaks"}, 8000))
    assert line.startswith("ModelService ns/oak: InferencePool ns/oak-pool selects app=oaks, and no pod of the input")
    assert line.endswith("set its spec.selector to app=oak, if the pool is for this service")


def test_what_overwriting_settles_is_not_the_reason() -> None:
    wide = pool("wide", {}, 9)
    wide["spec"]["selector"]["matchLabels"] = {"llm-d.ai/guide": "x"}
    both = [deployment(name, {"app": name, "llm-d.ai/guide": "x"}, vllm(name)) for name in ("elm", "fir")]
    inventory = build_inventory([gateway(), *both, wide])
    reasons = []
    for take_over in (False, True):
        with pytest.raises(PlanError) as caught:
            make_plan(inventory, to_options(take_over=take_over))
        reasons.append({problem.code for problem in caught.value.problems})
    assert reasons == [{"mixed-pool"}, {""}]
