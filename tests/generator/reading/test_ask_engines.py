"""Engines tell what no manifest does, and nothing else; an engine is not trusted."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llmd_routes.errors import ClusterError
from llmd_routes.inventory.build import build_inventory
from llmd_routes.inventory.overrides import Corrections
from llmd_routes.model.inventory import Inventory
from llmd_routes.notices import Notice
from llmd_routes.reading.ask_engines import ask_engines
from tests.generator.objects import container, deployment, vllm
from tests.generator.reading.test_cluster import Fake

HIDDEN = {"valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}
UNKNOWN = container("x", "own/server:1", ports=[{"containerPort": 9000}])


def pod(name: str, labels: dict[str, str], ready: str = "True", namespace: str = "ns") -> Any:
    owner = {"kind": "Deployment", "name": name.partition("-")[0], "controller": True}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": namespace, "labels": labels, "ownerReferences": [owner]},
        "spec": {"containers": []},
        "status": {"phase": "Running", "conditions": [{"type": "Ready", "status": ready}]},
    }


class Engines(Fake):
    """Answers for pods, by path; an exception is raised."""

    def __init__(self, **answers: Any) -> None:
        super().__init__({})
        self.said = {name.replace("__", "-"): answer for name, answer in answers.items()}

    def fetch(self, path: str) -> tuple[int, bytes]:
        self.asked.append(path)
        answer = self.said[path.split("/")[6].removeprefix("https:").partition(":")[0]]
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, tuple) else (200, json.dumps(answer).encode())


def listed(*names: str, owner: str = "vllm") -> Any:
    return {"data": [{"id": name, "owned_by": owner} for name in names]}


def told(engines: Engines, *objects: Any) -> tuple[Inventory, tuple[Notice, ...]]:
    found = ask_engines(engines, build_inventory(objects).services, objects)
    return build_inventory(objects, corrections=Corrections(engines=found.overrides)), found.notices


def service(one: Any, **labels: str) -> Any:
    return deployment("a", {"app": "a", **labels}, one)


ROLE = {"llm-d.ai/role": "decode"}


def test_models_that_no_manifest_tells() -> None:
    hidden = service(vllm("$(M)", "--port", "8001", env=[{"name": "M", **HIDDEN}]))
    engines = Engines(a__2=listed("org/m", "lora", owner="whoever"))
    objects = [hidden, pod("a-1", {"app": "a"}, ready="False"), pod("a-2", {"app": "a"}), pod("b-1", {"app": "b"})]
    inventory, notices = told(engines, *objects)
    (found,) = inventory.services
    assert (found.models, found.engine, notices) == (("org/m", "lora"), "vllm", ())
    assert found.evidence["models"] == ("Deployment/a: pod a-2 /v1/models models = org/m, lora",)
    assert engines.asked == ["/api/v1/namespaces/ns/pods/a-2:8001/proxy/v1/models"]
    assert {notice.code for notice in inventory.notices} == set()


@pytest.mark.parametrize(
    ("owner", "engine"),
    [("vllm", "vllm"), ("SGLang", "sglang"), ("trtllm", "tensorrt_llm"), ("org/m", None), ("tgi", None), (5, None)],
)
def test_an_engine_that_no_manifest_tells(owner: Any, engine: str | None) -> None:
    objects = [service(UNKNOWN, **ROLE), pod("a-1", {"app": "a", **ROLE})]
    inventory, _ = told(Engines(a__1=listed("org/m", owner=owner)), *objects)
    (found,) = inventory.services
    assert (found.engine, found.owned_by, found.models) == (engine, engine, ("org/m",))


def test_what_is_known_is_not_asked() -> None:
    engines = Engines()
    inventory, notices = told(engines, service(vllm("m")), pod("a-1", {"app": "a"}))
    assert (inventory.services[0].models, notices, engines.asked) == (("m",), (), [])


def test_tls() -> None:
    hidden = service(vllm("$(M)", "--ssl-certfile", "/c", env=[{"name": "M", **HIDDEN}]))
    engines = Engines(a__1=listed("m"))
    told(engines, hidden, pod("a-1", {"app": "a"}))
    assert engines.asked == ["/api/v1/namespaces/ns/pods/https:a-1:8000/proxy/v1/models"]


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        ((401, b""), "answers 401"),
        ((403, b"{}"), "answers 403"),
        ((200, b"<html>"), "is no JSON"),
        ((200, b"[]"), "has no `data`"),
        ((200, b'{"data": []}'), "answered without new facts"),
        ((200, b'{"data": [5, {"id": "two  spaces"}, {"id": ""}]}'), "answered without new facts"),
        (ClusterError("cluster x: cannot be reached"), "did not answer: cluster x"),
    ],
)
def test_who_does_not_answer(answer: Any, why: str) -> None:
    hidden = service(vllm("$(M)", env=[{"name": "M", **HIDDEN}]))
    inventory, notices = told(Engines(a__1=answer), hidden, pod("a-1", {"app": "a"}))
    assert inventory.services[0].models == ()
    assert [(notice.code, why in notice.message) for notice in notices] == [("not-answered", True)]


@pytest.mark.parametrize(
    ("one", "pods", "why"),
    [
        (vllm("$(M)"), [], "none of its pods is ready"),
        (vllm("$(M)"), [pod("a-1", {"app": "a"}, namespace="other")], "none of its pods is ready"),
        (vllm("$(M)", "--port", "$(P)"), [pod("a-1", {"app": "a"})], "its port is unknown"),
    ],
)
def test_who_cannot_be_asked(one: Any, pods: list[Any], why: str) -> None:
    _, notices = told(Engines(), service(one), *pods)
    assert [why in notice.message for notice in notices] == [True]
