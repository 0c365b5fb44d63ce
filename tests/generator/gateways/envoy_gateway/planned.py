"""Plans for Envoy Gateway without the AI Gateway extension."""

from __future__ import annotations

from typing import Any

from llmd_routes.inventory.build import build_inventory
from llmd_routes.model.plan import Plan
from llmd_routes.model.printed import Printed
from llmd_routes.planning.make import make_plan
from tests.generator.objects import Obj, deployment, gateway, service, vllm
from tests.generator.options import to_options

OAK = deployment("oak", {"app": "oak"}, vllm("m", ports=[{"containerPort": 8000}]))
FRONT = service("oak", {"app": "oak"}, port=8000)


EXTENDED = "{backendResources: [{group: inference.networking.k8s.io, kind: InferencePool, version: v1}]}"


def settings(apis: str, manager: str = EXTENDED) -> Obj:
    """Return the ConfigMap of Envoy Gateway with settings of its extension APIs, and of its extension, as YAML."""
    config = f"kind: EnvoyGateway\napiVersion: v1alpha1\nextensionApis: {apis}\nextensionManager: {manager}\n"
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "envoy-gateway-config", "namespace": "envoy-gateway-system"},
        "data": {"envoy-gateway.yaml": config},
    }


def policy(kind: str, name: str, *targets: Obj, **spec: Any) -> Obj:
    """Return a foreign policy in the namespace of the Gateway."""
    return {
        "apiVersion": "gateway.envoyproxy.io/v1alpha1",
        "kind": kind,
        "metadata": {"name": name, "namespace": "ns"},
        "spec": {"targetRefs": list(targets), **spec},
    }


def planned(*objects: Obj, **options: Any) -> Plan:
    """Return the plan for a ModelService behind a Service, and further objects."""
    there = [OAK, FRONT, gateway(gateway_class="eg"), settings("{enableLua: true}"), *objects]
    return make_plan(build_inventory(there), to_options(**{"backend": "service"} | options))


def printed(plan: Plan, kind: str) -> list[Printed]:
    """Return the objects of a kind."""
    return [each for each in plan.printed if each.ref.kind == kind]
