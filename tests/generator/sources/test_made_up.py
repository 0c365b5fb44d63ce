"""A new source of ModelServices is one file and one line: it takes workloads from those after it."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

import pytest

from llmd_routes import sources
from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.index import Objects
from llmd_routes.kube.kinds import ReadKind
from llmd_routes.kube.objects import items, labels, text
from llmd_routes.kube.workloads import Workload
from llmd_routes.model.inventory import Ignored, PodTemplate
from llmd_routes.pods.model_names import Served
from llmd_routes.pods.ports import ServingPorts
from llmd_routes.pods.servers import Server
from llmd_routes.sources.source import Found, Part
from tests.generator.objects import Obj, deployment, vllm

GROUP = "example.com"


def read(objects: Objects, left: Sequence[Workload]) -> Found:
    """Read resources that name the model they serve, and the Deployment that a controller makes for each."""
    parts = []
    for obj in objects.of("MadeUp", GROUP):
        ref = objects.ref(obj)
        models = tuple(text(one, "name") or "" for one in items(obj, "spec", "models"))
        server = Server("vllm", False, Served(models), ServingPorts((8000,), "http", (), (), ()))
        pods = (PodTemplate(ref, labels(obj, "spec", "labels"), derived=True),)
        parts.append(Part(ref, ref.namespace, server, pods, controller="MadeUp"))
    made = frozenset(workload.ref for workload in left if workload.ref.name.startswith("made-by-"))
    return Found(tuple(parts), made, (Ignored("MadeUp/other", "is not ready"),))


SOURCE = SimpleNamespace(READS=(ReadKind(GROUP, ("v1",), "madeups", "MadeUp"),), read=read)


@pytest.fixture(autouse=True)
def added(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "SOURCES", (SOURCE, *sources.SOURCES))


def made_up(name: str, *models: str) -> Obj:
    spec = {"models": [{"name": model} for model in models], "labels": {"app": name}}
    return {"apiVersion": f"{GROUP}/v1", "kind": "MadeUp", "metadata": {"name": name, "namespace": "ns"}, "spec": spec}


def test_its_services_stand_beside_others() -> None:
    objects = [
        made_up("a", "m", "n"),
        deployment("made-by-a", {"app": "a"}, vllm("hidden")),
        deployment("b", {"app": "b"}, vllm("o")),
    ]
    inventory = build_inventory(objects)
    assert [(one.title, one.models, one.controller) for one in inventory.services] == [
        ("ModelService ns/a", ("m", "n"), "MadeUp"),
        ("ModelService ns/b", ("o",), None),
    ]
    assert [one.selector for one in inventory.services] == [{"app": "a"}, {"app": "b"}]
    assert inventory.ignored == (Ignored("MadeUp/other", "is not ready"),)
