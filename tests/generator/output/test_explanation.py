"""An explanation as people and programs get it."""

from __future__ import annotations

import json
from dataclasses import replace

from ruamel.yaml import YAML

from llmd_routes.output.explanation import as_text
from tests.generator.emitted import emitted
from tests.generator.explaining.asking import client_request, explained, match, route, rule
from tests.generator.explaining.test_backends import pod

BODY = {"model": "m1", "owned_by": "SGLang"}


def objects() -> list[dict[str, object]]:
    return [
        *emitted("istio"),
        pod("a", {"app": "sglang"}),
        pod("b", {"app": "sglang"}, "False"),
        pod("e", {"epp": "sglang"}),
    ]


def test_a_request_that_an_engine_answers() -> None:
    found = explained(objects(), client_request(BODY, host="llm.example", path="/v1/x?a=1"))
    assert as_text(found, "text").splitlines() == [
        "request   POST http://gw/v1/x?a=1 (host: llm.example)",
        "gateway   Gateway ns/gw (istio), listener default",
        "body      EnvoyFilter ns/x reads it in the gateway",
        "          x-gateway-model-name is set to m1 (field model of the body)",
        '          x-owned-by is set to sglang (field owned_by of the body, "SGLang")',
        "          the path becomes /v1/x",
        "rules     3 of 10 matches accept the request",
        "          wins: HTTPRoute ns/x rule 2 (path /v1, x-gateway-model-name=m1, x-owned-by=sglang)",
        "          loses, the winner has more headers: HTTPRoute ns/x rule 1 (path /v1, x-owned-by~.+)",
        "          loses, the winner has more headers: HTTPRoute ns/x rule 1 (path /v1)",
        "backend   InferencePool ns/sglang, port 8000",
        "picker    Service ns/sglang-epp, 1 of 1 pods ready",
        "pods      1 of 2 ready: a, b",
        "result    an engine answers (InferencePool ns/sglang)",
    ]


def test_a_request_that_nothing_matches_lists_the_nearest_rules() -> None:
    found = explained(objects(), client_request(BODY, "/other"))
    lines = as_text(found, "text").splitlines()
    assert lines[4] == "rules     0 of 10 matches accept the request"
    assert sum("no match: " in line for line in lines) == 10
    assert lines[-1] == "result    404: no rule matches (Gateway ns/gw)"
    assert "no match" not in as_text(explained(objects(), client_request(BODY)), "text")
    assert as_text(explained(objects(), client_request(BODY)), "wide").count("no match: ") == 7


def test_many_rules_that_do_not_match_are_counted() -> None:
    many = route("r", *(rule(match(f"/a{number}")) for number in range(12)))
    found = explained([*emitted("istio", body_to_header="none"), many], client_request(BODY, "/other"))
    lines = as_text(found, "text").splitlines()
    assert lines[2] == "body      not read on this Gateway; the client sets the headers"
    assert lines[14].startswith("          and ")
    assert lines[14].endswith(" more; -o wide shows all")


def test_failures_have_a_body_a_fix_and_doubts() -> None:
    found = explained(emitted("istio"), replace(client_request({"model": "none"}, port=90), content_type="assumed"))
    lines = as_text(found, "text").splitlines()
    assert lines[1] == (
        "          content-type: application/json is assumed; curl -d sends application/x-www-form-urlencoded"
    )
    assert lines[-3] == "result    404: no engine serves the model (EnvoyFilter ns/x)"
    assert lines[-2].startswith('          body: {"error": {"message": "The model \'none\' is not served.')
    assert lines[-1] == "unsure    Gateway ns/gw has no listener on port 90; port 80 is assumed"


def test_programs_get_the_same_as_json_and_yaml() -> None:
    found = explained(objects(), client_request(BODY))
    data = json.loads(as_text(found, "json"))
    assert YAML(typ="safe").load(as_text(found, "yaml")) == data
    assert data["headers"][0] == {
        "name": "x-gateway-model-name",
        "value": "m1",
        "source": "field model of the body",
    }
    assert data["rules"][0]["verdict"] == "wins"
    assert {rule["verdict"] for rule in data["rules"]} == {"wins", "loses", "no match"}
    (backend,) = data["backends"]
    assert backend["pods"] == {"names": ["a", "b"], "ready": 1, "known": True, "workloads": []}
    assert data["outcome"]["status"] is None


def test_pods_that_are_not_in_the_input_are_named_by_their_owners() -> None:
    unknown = as_text(explained(emitted("istio"), client_request(BODY)), "text").splitlines()
    assert unknown[-4:] == [
        "backend   InferencePool ns/sglang, port 8000",
        "picker    Service ns/sglang-epp",
        "pods      of Deployment ns/sglang",
        "result    an engine answers (InferencePool ns/sglang)",
    ]
    missing = as_text(explained(emitted("istio"), client_request(BODY), is_live=True), "text").splitlines()
    assert missing[-4:] == [
        "picker    Service ns/sglang-epp, no pods",
        "pods      none of Deployment ns/sglang",
        "result    503: no pod of InferencePool ns/sglang is ready (Gateway ns/gw)",
        "fix       wait for the pods, or see why they fail",
    ]


def test_control_characters_are_escaped() -> None:
    found = explained(objects(), client_request({"model": "m\u001b[31m"}))
    assert "\u001b" not in as_text(found, "text") + as_text(found, "json")
