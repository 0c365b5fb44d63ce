"""Plans of an Envoy without a Gateway, as `generate --implementation envoy` makes them."""

from __future__ import annotations

from typing import Any

from llmd_routes.inventory.build import build_inventory
from llmd_routes.model.plan import Backend, Plan
from llmd_routes.planning.make import make_plan
from tests.generator.objects import Obj, container, deployment, epp, pool, service, vllm
from tests.generator.options import to_options

OAK = deployment("oak", {"app": "oak"}, vllm("m", ports=[{"containerPort": 8000}]))
ELM = deployment(
    "elm",
    {"app": "elm"},
    container(
        "sglang", "lmsysorg/sglang:v1", None, ["--model-path", "m", "--port", "30000"], ports=[{"containerPort": 30000}]
    ),
)
OAK_POOL = pool("oak", {"app": "oak"}, 8000, epp="oak-epp")
ELM_POOL = pool("elm", {"app": "elm"}, 30000, epp="elm-epp")


def router(name: str = "oak", replicas: int = 1) -> list[Obj]:
    """Return a stand-alone router for the pods with the label app=NAME: an endpoint picker with its proxy."""
    made = epp(f"{name}-epp", f"--endpoint-selector=app={name}", labels={"router": name})
    made["spec"]["template"]["spec"]["containers"].append(container("envoy-proxy", "envoyproxy/envoy:v1.33"))
    made["spec"]["replicas"] = replicas
    return [made, service(f"{name}-epp", {"router": name}, port=8081)]


def planned(*objects: Obj, **options: Any) -> Plan:
    """Return the plan for objects and options of `generate`."""
    return make_plan(build_inventory(list(objects)), to_options(**{"implementation": "envoy"} | options))


def values_of(plan: Plan) -> dict[str, Any]:
    """Return the values of the template of the ConfigMap."""
    (found,) = (printed for printed in plan.printed if printed.ref.kind == "ConfigMap")
    return dict(found.values)


def backend_of(*objects: Obj) -> Backend:
    """Return the only backend of a plan."""
    (backend,) = planned(*objects).backends
    return backend
