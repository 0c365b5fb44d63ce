"""Plans for GKE."""

from __future__ import annotations

from typing import Any

from llmd_routes.inventory.build import build_inventory
from llmd_routes.model.plan import Plan
from llmd_routes.model.printed import Printed
from llmd_routes.planning.make import make_plan
from tests.generator.objects import Obj, deployment, gateway, pool, service, vllm
from tests.generator.options import to_options

OAK = deployment("oak", {"app": "oak"}, vllm("m", ports=[{"containerPort": 8000}]))
POOL = pool("oak", {"app": "oak"}, 8000)
FRONT = service("front", {"app": "oak"}, port=8000)
TO_POOL = {"group": "inference.networking.k8s.io", "kind": "InferencePool", "name": "oak"}


def policy(kind: str, target: Obj, name: str = "own", instance: str | None = None, **spec: Any) -> Obj:
    """Return a policy in the namespace of the Gateway; with an instance, one of llmd-routes."""
    targets = {"targetRefs": [target]} if kind == "GCPRoutingExtension" else {"targetRef": target}
    return {
        "apiVersion": "networking.gke.io/v1",
        "kind": kind,
        "metadata": {
            "name": name,
            "namespace": "ns",
            "labels": {"llmd-routes/instance": instance} if instance else {},
        },
        "spec": {**targets, **spec},
    }


def planned(*objects: Obj, gateway_class: str = "gke-l7-rilb", **options: Any) -> Plan:
    """Return the plan for a ModelService with a pool and a Service, and further objects."""
    there = [OAK, POOL, FRONT, gateway(gateway_class=gateway_class), *objects]
    return make_plan(build_inventory(there), to_options(**options))


def printed(plan: Plan, kind: str) -> list[Printed]:
    """Return the objects of a kind."""
    return [each for each in plan.printed if each.ref.kind == kind]
