"""One pass with a server in memory: what is applied, removed, and kept although nothing requires it."""

from __future__ import annotations

import time
from typing import Any

import pytest

from llmd_routes.controller.passes import Memory, Outcome, run_pass
from llmd_routes.controller.removals import ModelRoute, Removed
from llmd_routes.errors import ClusterError, PlanError
from llmd_routes.reading.connection import Server
from llmd_routes.reading.settings import ModelServiceSettings, Settings
from tests.api_server import ApiServer

from .cluster import INSTANCE, NS, POOLS, SGLANG, VLLM, guide, view, wish, without

SEEN = Memory(INSTANCE)


@pytest.fixture
def routed(api: ApiServer, server: Server) -> Outcome:
    """The state after the first pass."""
    return run_pass(server, server, view(guide()), wish(), Memory())


def live(api: ApiServer, *kinds: str) -> list[Any]:
    return [api.object(kind, name) for kind in kinds for name in api.names(kind)]


def test_everything_is_applied_routes_last(api: ApiServer, routed: Outcome) -> None:
    assert [ref.kind for ref in routed.applied][-1] == "HTTPRoute"
    assert (routed.is_complete, routed.memory.instance) == (True, INSTANCE)
    assert api.names("InferencePool") == POOLS


def test_a_second_pass_changes_nothing(api: ApiServer, server: Server, routed: Outcome) -> None:
    before = api.version
    again = run_pass(server, server, view([*guide(), *live(api, "InferencePool", "HTTPRoute")]), wish(), routed.memory)
    assert (again.applied, again.removed, again.is_complete, api.version) == ((), (), True, before)


def test_a_deleted_engine_loses_its_routes_and_its_pool(api: ApiServer, server: Server, routed: Outcome) -> None:
    left = without(guide(), SGLANG)
    outcome = run_pass(server, server, view([*left, *live(api, "InferencePool", "HTTPRoute")]), wish(), routed.memory)
    assert api.names("InferencePool") == POOLS[1:]
    assert outcome.is_complete
    assert [route.engine for route in outcome.memory.recent[0].routes] == ["sglang"]


def test_routes_stay_if_more_than_half_would_be_removed(api: ApiServer, server: Server, routed: Outcome) -> None:
    left, gone = without(guide(), SGLANG, VLLM), [obj for obj in guide() if obj["metadata"]["name"] in (SGLANG, VLLM)]
    before = api.version
    now = view([*left, *live(api, "InferencePool", "HTTPRoute")], gone)
    outcome = run_pass(server, server, now, wish(), routed.memory)
    assert [route.engine for route in outcome.withheld] == ["sglang", "vllm"]
    assert api.version == before
    assert outcome.problems[0].fact.startswith("2 of 2 routes would be removed within a minute")
    allowed = run_pass(server, server, now, wish(removes_many=True), routed.memory)
    assert allowed.withheld == ()
    assert (api.names("InferencePool"), api.names("HTTPRoute")) == ([], [])


def test_while_routes_stay_other_changes_are_made(api: ApiServer, server: Server, routed: Outcome) -> None:
    """The engine that was removed a moment ago counts, so the second one stays, and a third one is added."""
    vllm, sglang = (next(o for o in guide() if o["metadata"]["name"] == name) for name in (VLLM, SGLANG))
    third = {**sglang, "metadata": {**sglang["metadata"], "name": "third"}}
    labels = sglang["spec"]["template"]["metadata"]["labels"]
    third["spec"] = {**sglang["spec"], "template": {**sglang["spec"]["template"]}}
    third["spec"]["template"]["metadata"] = {"labels": {**labels, "llm-d.ai/guide": "third"}}
    left = [*without(guide(), VLLM), *live(api, "InferencePool", "HTTPRoute")]
    recent = Memory(INSTANCE, (Removed(0.0, frozenset()),))
    outcome = run_pass(server, server, view([*left], [vllm]), wish(), recent)
    assert outcome.withheld == ()
    outcome = run_pass(server, server, view(without(left, SGLANG), [vllm, sglang]), wish(), outcome.memory)
    assert [route.engine for route in outcome.withheld] == ["sglang"]
    assert "gaie-sglang-qwen2-5-0-5b" in api.names("InferencePool")


def test_in_the_first_pass_a_route_stays_whose_pods_exist(api: ApiServer, server: Server, routed: Outcome) -> None:
    """The reason why the ModelService is missing is unknown."""
    pool = api.object("InferencePool", POOLS[0])
    metadata = {"name": "p", "namespace": NS, "labels": pool["spec"]["selector"]["matchLabels"]}
    pod: dict[str, Any] = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": []}}
    pod["metadata"]["ownerReferences"] = [{"kind": "ReplicaSet", "name": "gone", "controller": True}]
    left = [*without(guide(), SGLANG), *live(api, "InferencePool", "HTTPRoute")]
    before = api.version
    outcome = run_pass(server, server, view([*left, pod]), wish(), Memory())
    assert [route.engine for route in outcome.withheld] == ["sglang"]
    assert "although pods of the InferencePool exist" in outcome.problems[0].fact
    assert api.version == before
    assert run_pass(server, server, view(left), wish(), Memory()).withheld == ()
    assert api.names("InferencePool") == POOLS[1:]


def test_routes_that_settings_remove_do_not_count_as_lost(api: ApiServer, server: Server, routed: Outcome) -> None:
    """Also in the first pass after a start, and whatever was removed before."""
    both = ModelRoute(NS, "m", "x"), ModelRoute(NS, "m", "y")
    facts = ModelServiceSettings(remove_models=["Qwen/Qwen2.5-0.5B-Instruct"])
    asked = wish(operators=Settings(model_services={f"{NS}/Deployment/{SGLANG}": facts}))
    now = view([*guide(), *live(api, "InferencePool", "HTTPRoute")])
    memory = Memory(recent=(Removed(time.monotonic(), frozenset(both)),))
    outcome = run_pass(server, server, now, asked, memory)
    assert (outcome.withheld, outcome.problems, outcome.routes) == ((), (), 1)
    assert "sglang" not in str(api.object("HTTPRoute", INSTANCE))
    assert api.names("InferencePool") == POOLS[1:]


def test_settings_of_a_deleted_engine_do_not_stop_the_others(api: ApiServer, server: Server, routed: Outcome) -> None:
    facts = ModelServiceSettings(remove_models=["other"])
    asked = wish(operators=Settings(model_services={f"{NS}/Deployment/{SGLANG}": facts}))
    left = without(guide(), SGLANG)
    outcome = run_pass(server, server, view([*left, *live(api, "InferencePool", "HTTPRoute")]), asked, routed.memory)
    assert (outcome.is_complete, api.names("InferencePool")) == (True, POOLS[1:])
    assert "settings-unused" in {notice.code for notice in outcome.notices}


def test_a_dry_run_shows_the_differences_and_changes_nothing(api: ApiServer, server: Server) -> None:
    outcome = run_pass(server, server, view(guide()), wish(is_dry=True), Memory())
    assert (api.version, outcome.applied) == (1, ())
    assert all(text.startswith("diff -u -N LIVE/") for text in outcome.diff)
    assert len(outcome.diff) > 2


def test_routes_wait_for_objects_that_cannot_be_created(api: ApiServer, server: Server) -> None:
    api.conflicts["InferencePool", POOLS[0]] = ".spec"
    outcome = run_pass(server, server, view(guide()), wish(), Memory())
    assert (outcome.is_complete, api.names("HTTPRoute")) == (False, [])
    api.conflicts.clear()
    assert run_pass(server, server, view(guide()), wish(), outcome.memory).is_complete
    assert api.names("HTTPRoute") == [INSTANCE]


def test_without_any_model_service_nothing_is_written(api: ApiServer, server: Server) -> None:
    with pytest.raises(PlanError, match=f"no ModelService in namespace {NS}; deploy one, or check -n"):
        run_pass(server, server, view(without(guide(), SGLANG, VLLM)), wish(), Memory())
    assert api.version == 1


def test_a_server_that_is_away_is_an_error(server: Server, api: ApiServer) -> None:
    api.refused["httproutes.gateway.networking.k8s.io"] = 500
    with pytest.raises(ClusterError):
        run_pass(server, server, view(guide()), wish(), SEEN)
