"""The policies that make Envoy Gateway read bodies."""

from __future__ import annotations

import pytest

from llmd_routes.errors import PlanError
from llmd_routes.kube.objects import Ref
from llmd_routes.model.printed import Extractor
from tests.generator.objects import Obj, deployment, gateway, pool, service, vllm

from .planned import planned, policy, printed

FAR = deployment("far", {"app": "far"}, vllm("n", ports=[{"containerPort": 8000}]), namespace="other")


def test_one_policy_for_the_gateway_and_one_for_the_route() -> None:
    plan = planned()
    (client,) = printed(plan, "ClientTrafficPolicy")
    (extension,) = printed(plan, "EnvoyExtensionPolicy")
    assert (client.ref.name, extension.ref.name) == ("ns.gw", "ns.gw")
    assert client.values == {"gateway": "gw", "section": None, "buffer": 4 * 1024 * 1024}
    program = extension.values["program"]
    assert isinstance(program, Extractor)
    # The route decides which hosts it takes.
    assert (program.responds, program.settings.hosts) == (True, ())


def test_the_policy_is_for_the_route_that_matches_before_the_body_is_read() -> None:
    """Only the first route has the rules without a model."""
    plan = planned(FAR, service("far", {"app": "far"}, port=8000, namespace="other"))
    assert [route.ref.namespace for route in plan.routes] == ["ns", "other"]
    assert [each.ref for each in printed(plan, "EnvoyExtensionPolicy")] == [Ref("ns", "EnvoyExtensionPolicy", "ns.gw")]


def test_a_models_server_answers_behind_the_filter() -> None:
    plan = planned(image="registry.example.com/llmd-routes:v1")
    (extension,) = printed(plan, "EnvoyExtensionPolicy")
    assert extension.ref.name == "ns.gw.models"
    assert extension.values["program"].catalog is None


def test_two_gateways_share_the_policy_of_the_route() -> None:
    plan = planned(gateway("other", "eg"), gateways=("gw", "other"), instance="all")
    assert [each.values["gateway"] for each in printed(plan, "ClientTrafficPolicy")] == ["gw", "other"]
    assert len(printed(plan, "EnvoyExtensionPolicy")) == 1


def test_pools_get_the_same_policies() -> None:
    plan = planned(pool("oak", {"app": "oak"}, 8000), backend="auto")
    kinds = ["HTTPRouteFilter", "ClientTrafficPolicy", "EnvoyExtensionPolicy"]
    assert [each.ref.kind for each in plan.printed] == kinds
    assert plan.carrier.kind == "in-gateway"


IMAGE = "registry.example.com/llmd-routes:v1"


@pytest.mark.parametrize("other", [(), (gateway("other", "eg"),)])
def test_an_external_processor_is_beside_its_policy(other: tuple[Obj, ...]) -> None:
    attached: Obj = {"gateways": ("gw", "other"), "instance": "ns.gw"} if other else {}
    plan = planned(*other, body_to_header="ext-proc", image=IMAGE, **attached)
    clients = printed(plan, "ClientTrafficPolicy")
    assert [client.values["buffer"] for client in clients] == [0] * len(clients)
    (extension,) = printed(plan, "EnvoyExtensionPolicy")
    service = next(each for each in printed(plan, "Service"))
    assert extension.values["program"] is None
    assert extension.ref == Ref("ns", "EnvoyExtensionPolicy", "ns.gw.models")
    asked = extension.values["service"]
    assert (asked.namespace, asked.name, asked.port) == (service.ref.namespace, service.ref.name, 9004)
    assert extension.note.startswith(f"Deployment ns/{service.ref.name}, which EnvoyExtensionPolicy ns/ns.gw.models")


def test_a_service_over_http_is_asked_by_a_security_policy() -> None:
    plan = planned(body_to_header="ext-authz", image=IMAGE)
    (asking,) = printed(plan, "SecurityPolicy")
    assert not printed(plan, "EnvoyExtensionPolicy")
    assert (asking.ref.name, asking.values["limit"]) == ("ns.gw.models", plan.carrier.body_limit)
    assert (asking.values["service"].port, asking.note.split()[0]) == (9003, "Deployment")


@pytest.mark.parametrize("kind", ["ClientTrafficPolicy", "EnvoyExtensionPolicy"])
def test_an_existing_object_is_not_overwritten(kind: str) -> None:
    with pytest.raises(PlanError) as caught:
        planned(policy(kind, "ns.gw"))
    assert [str(problem) for problem in caught.value.problems] == [
        f"{kind} ns/ns.gw: already exists and belongs to another instance; pass another --instance"
    ]


@pytest.mark.parametrize("options", [{"no_catch_all": True}, {"models_endpoint": "none"}])
def test_a_rule_without_headers_is_needed(options: dict[str, object]) -> None:
    with pytest.raises(PlanError) as caught:
        planned(**options)
    assert str(caught.value.problems[-1]) == (
        "Gateway ns/gw: reads bodies only of requests that a rule for /v1 without headers matches, and none is"
        " generated; remove --no-catch-all and --models-endpoint none, or pass --body-to-header none"
    )
