"""InferencePools behind Envoy AI Gateway: one match for each, and what the extension ignores."""

from __future__ import annotations

import pytest

from llmd_routes.errors import PlanError
from llmd_routes.model.plan import Match, Plan
from llmd_routes.notices import Notice
from tests.generator.objects import Obj, deployment, epp, pool, pool_v1alpha2, service, vllm

from .planned import planned

POOL = pool("oak", {"app": "oak"}, 8000, epp="oak-epp")


def notices(plan: Plan, code: str) -> list[Notice]:
    return [notice for notice in plan.notices if notice.code == code]


def matches(plan: Plan, name: str) -> list[Match]:
    rules = [rule for route in plan.routes for rule in route.rules]
    return [match for rule in rules for match in rule.matches if name in {share.name for share in rule.shares}]


def test_models_and_owners_share_a_match() -> None:
    engine = deployment("elm", {"app": "elm"}, vllm("base", "--enable-lora", "--lora-modules", "sql=/a"))
    plan = planned(POOL, engine, pool("elm", {"app": "elm"}, 8000), backend="auto")
    assert matches(plan, "elm") == [Match("/v1", ("base", "sql"), ("default", "vllm"))]
    assert matches(plan, "oak") == [Match("/v1", ("m",), ("default", "vllm"))]
    assert not notices(plan, "picker-repeated")


@pytest.mark.parametrize(
    ("options", "times"),
    [
        ({"hostnames": ("a.example.com", "b.example.com")}, 2),
        ({"path_prefixes": ("/v1", "/openai/v1")}, 2),
        ({"body_to_header": "none"}, 2),
    ],
)
def test_further_matches_ask_the_picker_again(options: dict[str, object], times: int) -> None:
    (notice,) = notices(planned(POOL, backend="auto", **options), "picker-repeated")
    assert notice.object == "InferencePool ns/oak"
    assert notice.message == (
        f"has {times} matches on Gateway ns/gw, which asks the endpoint picker once for each, for every request"
    )


def test_an_existing_route_asks_it_again() -> None:
    backend = {"group": "inference.networking.k8s.io", "kind": "InferencePool", "name": "oak"}
    route = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "app", "namespace": "ns"},
        "spec": {
            "parentRefs": [{"name": "gw"}],
            "hostnames": ["a.example.com", "b.example.com"],
            "rules": [{"backendRefs": [backend]}],
        },
    }
    (notice,) = notices(planned(POOL, route, backend="auto"), "picker-repeated")
    assert "has 3 matches" in notice.message


def picker(*args: str) -> list[Obj]:
    words = ("--pool-name", "oak", "--pool-namespace", "ns", *args)
    return [epp("oak-epp", *words, labels={"epp": "oak"}), service("oak-epp", {"epp": "oak"})]


@pytest.mark.parametrize(("args", "count"), [((), 0), (("--secure-serving=false",), 1)])
def test_a_picker_must_serve_tls(args: tuple[str, ...], count: int) -> None:
    found = notices(planned(POOL, *picker(*args), backend="auto"), "picker-tls")
    assert [notice.object for notice in found] == ["Deployment ns/oak-epp"] * count


@pytest.mark.parametrize(("mode", "count"), [("FailOpen", 1), ("FailClose", 0)])
def test_the_failure_mode_is_ignored(mode: str, count: int) -> None:
    spec = {**POOL["spec"], "endpointPickerRef": {**POOL["spec"]["endpointPickerRef"], "failureMode": mode}}
    found = notices(planned({**POOL, "spec": spec}, backend="auto"), "picker-failure")
    assert [notice.message for notice in found] == [
        "ignores failureMode: FailOpen of 1 InferencePool: without an endpoint picker, requests get 500"
    ] * count


def test_pools_of_the_older_group_are_ignored() -> None:
    with pytest.raises(PlanError) as caught:
        planned(pool_v1alpha2("oak", {"app": "oak"}, 8000), backend="auto")
    assert str(caught.value.problems[0]) == (
        "InferencePool ns/oak: Gateway ns/gw ignores InferencePools of inference.networking.x-k8s.io; upgrade the"
        " endpoint picker to a release that watches inference.networking.k8s.io, or pass --epp deploy"
    )


def test_services_have_no_pickers() -> None:
    codes = {notice.code for notice in planned(hostnames=("a.example.com", "b.example.com")).notices}
    assert not codes & {"picker-repeated", "picker-failure", "picker-tls"}
