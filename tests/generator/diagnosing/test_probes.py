"""Answers to probes are compared with predictions, and never blamed on a Gateway that they have not passed."""

from __future__ import annotations

import pytest

from llmd_routes.diagnosing.probes import is_as_predicted, judge_probes, with_probes
from llmd_routes.explaining.entrances import Door, find_doors
from llmd_routes.model.findings import Diagnosis
from llmd_routes.model.probes import Answer, Entry, Probe
from tests.generator.explaining.asking import around
from tests.generator.objects import gateway

ENTRY = Entry("http", "192.0.2.1", 80)


def door_of(implementation: str = "istio") -> Door:
    looked_up = around([gateway(gateway_class=implementation) | {"status": {"addresses": [{"value": "192.0.2.1"}]}}])
    (door,) = find_doors(looked_up.inventory, looked_up.objects)
    return door


def probe(status: int | None, predicted: int | None = None, server: str = "istio-envoy", text: str = "") -> Probe:
    return Probe("m", "vllm", ENTRY, Answer(status, server, text, "" if status else "refused"), predicted)


@pytest.mark.parametrize(
    ("status", "predicted", "expected"),
    [
        (200, None, True),
        (404, None, False),
        (404, 404, True),
        (503, 404, False),
        (None, None, False),
        (None, 404, False),
    ],
)
def test_an_engine_decides_unless_explain_predicts_a_status(
    status: int | None, predicted: int | None, expected: bool
) -> None:
    assert is_as_predicted(probe(status, predicted)) is expected


def test_what_passed_through_the_gateway_is_named_so() -> None:
    text = '{"object": "error", "message": "The model `m` does not exist."}'
    (finding,) = judge_probes(door_of(), [probe(200), probe(404, text=text)])
    assert (finding.severity, finding.cause, finding.object) == ("error", "probe-differs", "Gateway ns/gw")
    assert finding.fact == (
        "a request for model m and engine vllm got 404, but explain predicts a response of the engine;"
        " the response is: The model `m` does not exist."
    )


@pytest.mark.parametrize(
    ("implementation", "fix"),
    [
        ("istio", "see what stands in front of Gateway ns/gw: the response (server: nginx) did not pass through it"),
        ("agentgateway", "send the request from a pod to Gateway ns/gw itself"),
    ],
)
def test_what_may_stand_in_front_of_the_gateway_is_not_blamed_on_it(implementation: str, fix: str) -> None:
    (finding,) = judge_probes(door_of(implementation), [probe(502, server="nginx", text="<html>Bad Gateway</html>")])
    assert finding.object == "http://192.0.2.1:80"
    assert finding.fix.startswith(fix)


def test_a_missing_key_is_asked_for() -> None:
    (finding,) = judge_probes(door_of(), [probe(401, text='{"error": "Unauthorized"}')])
    assert "--probe-header" in finding.fix
    assert finding.fact.endswith("the response is: Unauthorized")


def test_an_address_that_does_not_answer_is_one_finding() -> None:
    (finding,) = judge_probes(door_of(), [probe(None), probe(None), probe(200)])
    assert (finding.cause, finding.object, finding.field) == (
        "probe-unanswered",
        "http://192.0.2.1:80",
        "status.addresses",
    )
    assert finding.fact == "2 of 3 requests got no response: refused"


@pytest.mark.parametrize("text", ["", "[]", "[" * 5000, '{"error": null}', "x" * 500, '{"error": {"message": 5}}'])
def test_any_text_of_an_answer_is_short(text: str) -> None:
    (finding,) = judge_probes(door_of(), [probe(500, text=text)])
    assert len(finding.fact) < 300


def test_probes_follow_what_causes_their_failure() -> None:
    diagnosis = with_probes(Diagnosis((), ()), [(door_of(), [probe(200), probe(503)])])
    assert len(diagnosis.probes) == 2
    assert [finding.cause for finding in diagnosis.findings] == ["probe-differs"]
