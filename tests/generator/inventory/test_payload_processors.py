"""Payload processors of an input, with the Services that select their pods."""

from __future__ import annotations

from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.objects import Ref
from tests.generator.objects import container, deployment, service, vllm

ROUTER = container("bbr", "example.com/bbr:v1")


def test_each_processor_with_its_services() -> None:
    objects = [
        deployment("oak", {"app": "oak"}, vllm("m")),
        deployment("router", {"app": "router"}, ROUTER),
        service("front", {"app": "router"}, 9004),
        service("front", {"app": "router"}, 9004, "far"),
        service("oak", {"app": "oak"}, 8000),
    ]
    inventory = build_inventory(objects)
    (processor,) = inventory.processors
    assert (processor.workload, processor.services) == (
        Ref("ns", "Deployment", "router"),
        (Ref("ns", "Service", "front"),),
    )
    assert processor.headers == {"model": "x-gateway-model-name"}
    # It serves no model, and nothing is missing because of it.
    assert [service.name for service in inventory.services] == ["oak"]
    assert [(entry.object, entry.expected) for entry in inventory.ignored] == [("Deployment/router", True)]
