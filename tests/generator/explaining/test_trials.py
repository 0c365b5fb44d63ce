"""Each model and engine of generated routes gives one request, as a client would send it."""

from __future__ import annotations

import json

from llmd_routes.explaining.entrances import Door, find_doors
from llmd_routes.explaining.trials import backends_meant, find_trials, predict_trials
from tests.generator.emitted import emitted
from tests.generator.explaining.asking import around, match, route, rule
from tests.generator.objects import Obj, gateway


def door_of(objects: list[Obj]) -> Door:
    looked_up = around(objects)
    (door,) = find_doors(looked_up.inventory, looked_up.objects)
    return door


def test_every_pair_and_every_default_engine_is_asked_for_once() -> None:
    trials = list(find_trials(door_of(emitted("istio", defaults=("m1=sglang",)))))
    assert sorted((trial.model, trial.engine or "") for trial in trials) == [
        ("m1", ""),
        ("m1", "sglang"),
        ("m1", "vllm"),
        ("m3", ""),
        ("m3", "vllm"),
        ("org/m2", ""),
        ("org/m2", "sglang"),
    ]
    default = next(trial for trial in trials if (trial.model, trial.engine) == ("m1", None))
    assert {backend.name for backend in backends_meant(default)} == {"sglang"}
    assert default.subject == "model m1 without engine"
    body = json.loads(default.request.body)
    assert (body["model"], body["max_tokens"], "owned_by" in body) == ("m1", 1, False)


def test_the_request_has_a_host_that_the_route_accepts_and_the_port_of_the_listener() -> None:
    trial = next(find_trials(door_of(emitted("istio", hostnames=("*.example.com",)))))
    assert trial.request.head.host == "any.example.com"
    assert (trial.request.scheme, trial.request.port) == ("http", 80)
    assert trial.request.head.path == "/v1/chat/completions"


def test_without_a_reader_of_bodies_the_client_sends_the_headers() -> None:
    objects = emitted("istio", body_to_header="none")
    looked_up = around(objects)
    (door,) = find_doors(looked_up.inventory, looked_up.objects)
    pairs = list(predict_trials(door, looked_up))
    assert pairs
    for trial, explanation in pairs:
        assert explanation.request.head.values("x-gateway-model-name") == [trial.model]
        assert {each.backend for each in explanation.destinations} == backends_meant(trial)


def test_routes_of_others_are_not_tried() -> None:
    other = route("other", rule(match(x_gateway_model_name="m", x_owned_by="vllm")))
    assert list(find_trials(door_of([gateway(), other]))) == []
