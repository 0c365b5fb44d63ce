"""Plans for agentgateway."""

from __future__ import annotations

from typing import Any

from llmd_routes.inventory.build import build_inventory
from llmd_routes.model.plan import Plan
from llmd_routes.model.printed import Printed
from llmd_routes.planning.make import make_plan
from tests.generator.objects import Obj, container, deployment, gateway, pool, vllm
from tests.generator.options import to_options

OAK = [deployment("oak", {"app": "oak"}, vllm("m")), pool("oak", {"app": "oak"}, 8000)]
SGLANG = container("s", "lmsysorg/sglang:v1", ["python3", "-m", "sglang.launch_server"], ["--model-path", "m"])
ELM = [deployment("elm", {"app": "elm"}, SGLANG), pool("elm", {"app": "elm"}, 30000)]


def planned(*objects: Obj, **options: Any) -> Plan:
    """Return the plan for one model on two engines, and further objects."""
    there = [*OAK, *ELM, gateway(gateway_class="agentgateway"), *objects]
    return make_plan(build_inventory(there), to_options(**options))


def policies(plan: Plan) -> dict[str, Printed]:
    """Return the planned policies by name."""
    return {each.ref.name: each for each in plan.printed if each.ref.kind == "AgentgatewayPolicy"}


def policy(name: str, *targets: Obj, namespace: str = "ns", **spec: Any) -> Obj:
    """Return a policy of another tool."""
    return {
        "apiVersion": "agentgateway.dev/v1alpha1",
        "kind": "AgentgatewayPolicy",
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"targetRefs": list(targets), **spec},
    }
