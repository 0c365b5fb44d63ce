"""What `generate` emits for two engines, and how the settings of body-based routing are read back from it."""

from __future__ import annotations

from typing import Any

from llmd_routes.gateways import IMPLEMENTATIONS, by_name
from llmd_routes.gateways.emitted_settings import settings_of_service
from llmd_routes.inventory.build import build_inventory, index_objects
from llmd_routes.kube.namespaces import Scope
from llmd_routes.kube.objects import Ref
from llmd_routes.model.body_readings import BodyReading
from llmd_routes.output.render import render
from llmd_routes.planning.make import make_plan
from tests.generator.objects import Obj, deployment, gateway, pool, service, vllm
from tests.generator.options import to_options

GATEWAY = Ref("ns", "Gateway", "gw")
IMAGE = "registry.example.com/llmd-routes:v1"
ENGINES = {"vllm": ("m1", "m3"), "sglang": ("m1", "org/m2")}
_CLASSES = {"istio": "istio", "agentgateway": "agentgateway", "envoy-gateway": "eg", "gke": "gke-l7-rilb"}


def engines() -> list[Obj]:
    """Return two ModelServices that share the model m1, with their pools and the Services of endpoint pickers."""
    objects: list[Obj] = []
    for owner, models in ENGINES.items():
        program = vllm("--model", "base", "--served-model-name", *models)
        objects += [
            deployment(owner, {"app": owner, "llm-d.ai/owned-by": owner}, program),
            pool(owner, {"app": owner}, 8000, epp=f"{owner}-epp"),
            service(f"{owner}-epp", {"epp": owner}),
        ]
    return objects


def emitted(implementation: str, *more: Obj, **options: Any) -> list[Obj]:
    """Return the objects of two engines and a Gateway, with what `generate` emits for them."""
    objects = [*engines(), *more]
    if implementation == "envoy":
        options = {"implementation": "envoy", "gateways": ("ns/door",)} | options
    else:
        objects.append(gateway(gateway_class=_CLASSES[implementation]))
    plan = make_plan(build_inventory(objects, Scope(assume=True)), to_options(**{"instance": "x"} | options))
    return [*objects, *(dict(manifest.obj) for manifest in render(plan))]


def readings(implementation: str, objects: list[Obj]) -> list[BodyReading]:
    """Return how emitted policies make the Gateway read bodies."""
    inventory, index = build_inventory(objects), index_objects(objects)
    one = by_name(implementation)
    assert one in IMPLEMENTATIONS
    return list(one.body_readings(GATEWAY, inventory.policies, lambda ref: settings_of_service(ref, index)))


def processor_of(objects: list[Obj]) -> Obj:
    """Return the Deployment of the only emitted external service that reads bodies."""
    (found,) = (
        obj
        for obj in objects
        if obj["kind"] == "Deployment"
        and obj["spec"]["template"]["spec"]["containers"][0].get("args", [""])[0] in ("ext-proc", "ext-authz")
    )
    return found
