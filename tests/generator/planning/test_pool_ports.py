"""A property: an emitted pool targets only ports that every pod which it selects serves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from llmd_routes.errors import PlanError
from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.namespaces import Scope
from llmd_routes.planning.make import make_plan
from tests.generator.objects import Obj, container, deployment, gateway
from tests.generator.options import to_options

PORTS = st.lists(st.sampled_from([8000, 8001, 8002, 8200]), min_size=1, max_size=3, unique=True).map(sorted)
HALVES = st.lists(st.tuples(st.sampled_from(["decode", "prefill"]), PORTS), min_size=1, max_size=4)


def half(number: int, role: str, ports: list[int]) -> Obj:
    words = ["vllm", "serve", "m", "--port"]
    servers = [container(f"vllm-{port}", "vllm/vllm-openai:v1", [*words, str(port)]) for port in ports]
    labels = {"app": f"oak-{number}", "llm-d.ai/guide": "oak", "llm-d.ai/role": role}
    return deployment(f"oak-{number}-{role}", labels, *servers)


@given(HALVES)
def test_every_port_is_served_by_every_selected_pod(halves: list[tuple[str, list[int]]]) -> None:
    workloads = [half(number, role, ports) for number, (role, ports) in enumerate(halves)]
    inventory = build_inventory([*workloads, gateway()], Scope(assume=True))
    try:
        pools = make_plan(inventory, to_options(epp="deploy", epp_config="kind: EndpointPickerConfig\n")).pools
    except PlanError:
        return  # nothing is emitted
    assert pools
    for pool in pools:
        for workload, (_, ports) in zip(workloads, halves, strict=True):
            labels = workload["spec"]["template"]["metadata"]["labels"]
            assert not pool.selector.items() <= labels.items() or set(pool.ports) <= set(ports)
