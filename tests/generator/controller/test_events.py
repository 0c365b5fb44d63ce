"""Problems as Events: on workloads of ModelServices, on named objects, and else on Gateways."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from llmd_routes.controller.events import events_of
from llmd_routes.controller.passes import services_of
from llmd_routes.kube.objects import Object, Ref
from llmd_routes.problems import Problem

from .cluster import NS, SGLANG, guide, view, wish

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
GATEWAY = Ref(NS, "Gateway", "inference-gateway")


def events(problem: Problem) -> list[Object]:
    others = [
        {"kind": "HTTPRoute", "metadata": {"name": "known", "namespace": "elsewhere"}},
        {"kind": "ConfigMap", "metadata": {"name": "settings", "namespace": NS}},
    ]
    objects = [{**obj, "metadata": {**obj["metadata"], "uid": "u"}} for obj in (*guide(), *others)]
    return list(events_of([problem], objects, services_of(view(guide()), wish()), [GATEWAY], NOW))


def involved(problem: Problem) -> list[str]:
    return [f"{event['involvedObject']['kind']} {event['involvedObject']['name']}" for event in events(problem)]


@pytest.mark.parametrize(
    ("named", "concerned"),
    [
        (f"ModelService {NS}/ms-sglang-qwen2-5-0-5b-llm-d-modelservice", f"Deployment {SGLANG}"),
        (f"Deployment {NS}/{SGLANG}", f"Deployment {SGLANG}"),
        (f"Gateway {NS}/inference-gateway", "Gateway inference-gateway"),
        ("--split", "Gateway inference-gateway"),
        ("", "Gateway inference-gateway"),
        ("HTTPRoute llm/unknown", "Gateway inference-gateway"),
        ("HTTPRoute elsewhere/known", "Gateway inference-gateway"),
        (f"ConfigMap {NS}/settings", "Gateway inference-gateway"),
    ],
)
def test_each_problem_concerns_an_object_that_exists(named: str, concerned: str) -> None:
    assert involved(Problem(named, "fact", "fix")) == [concerned]


def test_an_event_has_what_kubectl_describe_shows() -> None:
    (event,) = events(Problem(f"Deployment {NS}/{SGLANG}", "selects too much", "add a label", "weak-selector"))
    assert event["metadata"]["namespace"] == event["involvedObject"]["namespace"] == NS
    assert event["metadata"]["name"].startswith(f"{SGLANG}.")
    assert event["involvedObject"]["uid"] == "u"
    assert (event["type"], event["reason"]) == ("Warning", "WeakSelector")
    assert event["message"] == f"Deployment {NS}/{SGLANG}: selects too much; add a label"
    assert event["firstTimestamp"] == event["lastTimestamp"] == "2026-01-02T03:04:05Z"


def test_a_long_message_is_cut_at_the_limit_of_the_server() -> None:
    (event,) = events(Problem("", "ä" * 1000, "fix"))
    assert len(event["message"].encode()) <= 1024


def test_a_problem_without_a_code_has_a_reason_too() -> None:
    (event,) = events(Problem("", "fact", "fix"))
    assert event["reason"] == "RoutesFailed"
