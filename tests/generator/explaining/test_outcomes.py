"""What the client gets, and what it can change."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from llmd_routes.model.explanation import Outcome
from tests.generator.emitted import IMAGE, emitted, engines
from tests.generator.objects import Obj, gateway

from .asking import CHAT, client_request, explained, match, route, rule
from .test_backends import pod

BODY = {"model": "m1", "owned_by": "sglang"}


def outcome(*objects: Obj, body: Any = None, **more: Any) -> Outcome:
    return explained([gateway(), *objects], client_request(body, **more)).outcome


def test_nothing_matches() -> None:
    other = route("r", rule(match("/other", x_team="a")))
    assert outcome(other, body=BODY) == Outcome(404, "Gateway ns/gw", "no rule matches")
    near = route("r", rule(match(x_model="m", x_team="a")), rule(match(x_team="b")))
    found = outcome(near, body=BODY, x_team="c")
    assert found.fix == ("nothing reads the body on this Gateway: send x-model, or pass --body-to-header to generate")


def test_a_rule_without_a_backend() -> None:
    found = outcome(route("r", rule(match(), to=None)), x_gateway_model_name="m")
    assert found == Outcome(500, "HTTPRoute ns/r", "the rule has no backend")


def test_a_filter_replaces_errors_of_the_gateway_by_its_answer() -> None:
    objects = emitted("istio")
    broken = route("broken", rule(match(CHAT), to="missing"))
    unserved = explained([*objects, broken], client_request({"model": "none"}), is_live=True).outcome
    assert (unserved.status, unserved.by) == (404, "EnvoyFilter ns/x")
    served = explained([*objects, broken], client_request(BODY), is_live=True).outcome
    assert (served.status, served.reason) == (500, "InferencePool ns/missing: does not exist")


def test_backends_without_ready_pods() -> None:
    found = outcome(*engines(), pod("a", {"app": "vllm"}, "False"), route("r", rule(match())))
    assert (found.status, found.reason) == (503, "no pod of InferencePool ns/vllm is ready")
    assert outcome(*engines(), pod("a", {"app": "vllm"}), route("r", rule(match()))).status is None


@pytest.mark.parametrize(
    ("gateway_class", "mode", "status"),
    [
        ("istio", "FailOpen", None),
        ("istio", "FailClose", 500),
        ("agentgateway", "FailOpen", None),
        ("eg", "FailOpen", 500),
    ],
)
def test_an_endpoint_picker_without_ready_pods(gateway_class: str, mode: str, status: int | None) -> None:
    objects = [*engines(), pod("a", {"app": "vllm"}), pod("e", {"epp": "vllm"}, "False"), route("r", rule(match()))]
    for obj in objects:
        if obj["kind"] == "InferencePool":
            obj["spec"]["endpointPickerRef"]["failureMode"] = mode
    found = explained([gateway(gateway_class=gateway_class), *objects], client_request()).outcome
    assert found.status == status
    assert "no pod of Service ns/vllm-epp is ready" in found.reason
    assert ("so the gateway chooses pods itself (FailOpen)" in found.reason) == (status is None)


def test_a_gateway_without_routes_has_its_fix() -> None:
    assert outcome() == Outcome(404, "Gateway ns/gw", "no HTTPRoute is attached to it", "run llmd-routes generate")


def test_some_broken_backends_leave_the_others() -> None:
    two = rule(match()) | {"backendRefs": [*rule(match(), to="missing")["backendRefs"], *rule(match())["backendRefs"]]}
    objects = [gateway(), *engines(), pod("a", {"app": "vllm"}), route("r", two)]
    found = explained(objects, client_request(), is_live=True)
    assert found.outcome.status is None
    assert [each.fault for each in found.destinations] == ["does not exist", ""]


def test_an_engine_that_does_not_serve_the_model() -> None:
    found = outcome(*engines(), route("r", rule(match())), body={"model": "other"}, x_gateway_model_name="m1")
    assert found.status == 404
    assert found.reason == "the engine serves m1, m3, not other, and answers 404"
    assert outcome(*engines(), route("r", rule(match())), body={"model": "m3"}).status is None
    assert outcome(*engines(), route("r", rule(match())), body={}).status is None


def test_a_redirect() -> None:
    filters = [{"type": "RequestRedirect", "requestRedirect": {"scheme": "https", "statusCode": 301}}]
    found = outcome(route("r", rule(match(), to=None, filters=filters)))
    assert (found.status, found.reason) == (301, "redirects the client")


def test_a_plain_service_answers_itself() -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "s", "namespace": "ns"}, "spec": {}}
    backends = {"backendRefs": [{"name": "s", "port": 80}]}
    found = outcome(service, route("r", rule(match(), to=None) | backends))
    assert (found.status, found.by, found.reason) == (None, "Service ns/s", "the Service answers")


def test_data_of_curl_without_a_content_type_has_a_fix() -> None:
    request = client_request(BODY, content_type="application/x-www-form-urlencoded")
    found = explained(emitted("istio"), replace(request, content_type="curl")).outcome
    assert found.status == 400
    assert found.fix == (
        "add -H 'content-type: application/json': curl -d sends application/x-www-form-urlencoded, which is not read"
    )


@pytest.mark.parametrize(
    ("path", "method", "status"), [("/v1/models", "GET", 200), ("/v1/models/m1", "GET", 200), (CHAT, "POST", 404)]
)
def test_the_models_server_answers(path: str, method: str, status: int) -> None:
    objects = emitted("istio", image=IMAGE)
    body = {"model": "none"} if method == "POST" else None
    found = explained(objects, client_request(body, path, method)).outcome
    assert (found.status, found.by.partition(",")[0]) == (status, "models server")
