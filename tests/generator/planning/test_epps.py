"""Endpoint pickers that are deployed, and pools of others that are written over."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.errors import PlanError
from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.namespaces import Scope
from llmd_routes.model.plan import Plan
from llmd_routes.notices import LABEL
from llmd_routes.output.render import render
from llmd_routes.output.validate import validate
from llmd_routes.planning.epp_configs import IMAGE, ROLES_IMAGE, default_config, roles_config
from llmd_routes.planning.make import make_plan
from tests.generator.objects import Obj, container, deployment, epp, gateway, pool, service, vllm
from tests.generator.options import to_options
from tests.generator.planning.test_make import hosts_of

SGLANG = container("s", "lmsysorg/sglang:v1", ["python3", "-m", "sglang.launch_server"], ["--model-path", "m"])
A, B = deployment("ms-a-decode", {"app": "a"}, vllm("m")), deployment("ms-b", {"app": "b"}, SGLANG)
BROAD = pool("broad", {"all": "true"}, 8000, epp="ms-a-epp")


def plan(*objects: Obj, **options: Any) -> Plan:
    return make_plan(build_inventory(objects, Scope(assume=True)), to_options(**options))


def problems(*objects: Obj, **options: Any) -> tuple[str, ...]:
    with pytest.raises(PlanError) as caught:
        plan(*objects, **options)
    return caught.value.lines


def applied(made: Plan) -> list[Obj]:
    return [dict(manifest.obj) for manifest in render(made)]


def picker(name: str, watched: str) -> list[Obj]:
    return [epp(name, "--pool-name", watched, labels={"epp": name}), service(name, {"epp": name})]


def test_a_service_without_one_gets_a_pool_and_an_epp() -> None:
    made = plan(A, B, gateway(), epp="deploy")
    printed = applied(made)
    assert [
        (obj["kind"], obj["metadata"]["name"]) for obj in printed if obj["kind"] in ("Deployment", "InferencePool")
    ] == [
        ("Deployment", "ms-a-vllm-epp"),
        ("Deployment", "ms-b-sglang-epp"),
        ("InferencePool", "ms-a-vllm"),
        ("InferencePool", "ms-b-sglang"),
    ]
    assert validate(printed) == []
    assert hosts_of(made) == [
        "ms-a-vllm-epp.ns.svc.cluster.local",
        "ms-b-sglang-epp.ns.svc.cluster.local",
    ]


def test_who_reaches_an_endpoint_picker() -> None:
    """Gateways whose proxies run beside them, and the scrapers of metrics; from anywhere if proxies run elsewhere."""
    assert policy() == {"grpc": ["ns"]}
    assert policy(metrics_namespaces=("monitoring",)) == {"grpc": ["ns"], "metrics": ["monitoring"]}
    assert policy(gateway("gw", "eg"), implementation="envoy-gateway") == {"grpc": []}


def policy(attached: Obj | None = None, **options: Any) -> dict[str, list[str]]:
    """Return the namespaces that each port of an emitted endpoint picker is open to."""
    printed = applied(plan(A, attached or gateway(), epp="deploy", **options))
    (found,) = [obj for obj in printed if obj["kind"] == "NetworkPolicy"]
    (deployed,) = [obj for obj in printed if obj["kind"] == "Deployment"]
    template = deployed["spec"]["template"]
    assert found["spec"]["podSelector"]["matchLabels"].items() <= template["metadata"]["labels"].items()
    ports = {port["name"] for port in template["spec"]["containers"][0]["ports"]}
    assert {row["ports"][0]["port"] for row in found["spec"]["ingress"]} <= ports
    name = "kubernetes.io/metadata.name"
    return {
        row["ports"][0]["port"]: [peer["namespaceSelector"]["matchLabels"][name] for peer in row.get("from", ())]
        for row in found["spec"]["ingress"]
    }


def test_a_drain_may_evict_the_only_replica() -> None:
    printed = applied(plan(A, gateway(), epp="deploy"))
    (budget,) = [obj for obj in printed if obj["kind"] == "PodDisruptionBudget"]
    assert budget["spec"] == {"maxUnavailable": 1, "selector": {"matchLabels": {"llmd-routes/epp": "ms-a-vllm-epp"}}}


def test_what_is_deployed_reads_back_as_the_epp_of_its_pool() -> None:
    printed = applied(plan(A, B, gateway(), epp="deploy"))
    inventory = build_inventory([A, B, gateway(), *printed])
    assert [(e.service, e.pool_name, e.port, e.tls) for e in inventory.epps] == [
        ("ms-a-vllm-epp", "ms-a-vllm", 9002, True),
        ("ms-b-sglang-epp", "ms-b-sglang", 9002, True),
    ]
    assert [s.epp for s in inventory.services] == ["ms-a-vllm-epp", "ms-b-sglang-epp"]
    assert applied(plan(A, B, gateway(), *printed, epp="deploy")) == printed


def test_without_the_option_a_second_run_does_not_forget_what_it_deployed() -> None:
    printed = applied(plan(A, gateway(), epp="deploy"))
    (problem,) = problems(A, gateway(), *printed)
    assert problem.endswith("or pass --epp deploy")


def test_an_epp_that_waits_is_used_and_only_the_other_is_deployed() -> None:
    made = plan(A, B, gateway(), *picker("gaie-a-epp", "gaie-a"), epp="deploy")
    assert [(b.target.name, b.planned_epp is not None) for b in made.backends] == [
        ("gaie-a", False),
        ("ms-b-sglang", True),
    ]


def test_image_and_configuration_can_be_given() -> None:
    (first,) = plan(A, gateway(), epp="deploy").epps
    assert first.image == IMAGE
    made = plan(A, gateway(), epp="deploy", epp_image="example.com/epp:1", epp_config="kind: EndpointPickerConfig\n")
    printed = {obj["kind"]: obj for obj in applied(made)}
    assert printed["Deployment"]["spec"]["template"]["spec"]["containers"][0]["image"] == "example.com/epp:1"
    assert printed["ConfigMap"]["data"] == {"config.yaml": "kind: EndpointPickerConfig\n"}


def halves(*roles: str, engine: Obj | None = None) -> list[Obj]:
    return [deployment(f"p-{role}", {"app": "p", "llm-d.ai/role": role}, engine or vllm("m")) for role in roles]


def test_roles_need_a_configuration() -> None:
    pair = halves("decode", "prefill")
    assert problems(*pair, gateway(), epp="deploy") == (
        "ModelService ns/p: its pods decode and prefill, and the default configuration does not support roles;"
        " pass --epp-config pd or --epp-config FILE",
    )
    assert problems(*pair, gateway(), epp="deploy", epp_preset="default")
    assert len(plan(*pair, gateway(), epp="deploy", epp_config="x").epps) == 1


def test_the_built_in_configuration_for_roles() -> None:
    made = plan(*halves("decode", "prefill"), B, gateway(), epp="deploy", epp_preset="pd")
    assert [(epp.image, epp.config) for epp in made.epps] == [
        (IMAGE, default_config("sglang")),
        (ROLES_IMAGE, roles_config("vllm")),
    ]
    mine = plan(*halves("decode", "prefill"), gateway(), epp="deploy", epp_preset="pd", epp_image="x/y:1")
    assert [epp.image for epp in mine.epps] == ["x/y:1"]


def test_roles_that_no_built_in_configuration_joins() -> None:
    assert problems(*halves("decode", "encode"), gateway(), epp="deploy", epp_preset="pd") == (
        "ModelService ns/p: its pods decode and encode, and no built-in configuration supports these roles;"
        " pass --epp-config FILE",
    )


def test_the_picker_finds_roles_by_their_label() -> None:
    bare = [deployment(f"p-{role}", {"app": "p"}, vllm("m")) for role in ("decode", "prefill")]
    assert problems(*bare, gateway(), epp="deploy", epp_preset="pd") == (
        "ModelService ns/p: --epp-config pd selects pods by the label llm-d.ai/role, which pods of Deployment/p-decode,"
        f" Deployment/p-prefill lack; {LABEL}",
    )


def test_the_old_api_needs_an_image_that_knows_it() -> None:
    (problem,) = problems(A, gateway(), epp="deploy", pool_api="v1alpha2")
    assert problem.startswith("ModelService ns/ms-a: requires a v1alpha2 InferencePool, which ")
    made = plan(A, gateway(), epp="deploy", pool_api="v1alpha2", epp_image="example.com/epp:0.5")
    assert [p.group for p in made.pools] == ["inference.networking.x-k8s.io"]


def test_a_deployment_of_somebody_else_is_never_replaced() -> None:
    (problem,) = problems(A, gateway(), *picker("ms-a-vllm-epp", "gone.pool"), *picker("x", "y"), epp="deploy")
    assert "ms-a-vllm-epp" in problem


def test_names_are_those_a_service_may_have() -> None:
    names = ["a" * 70, "1b", "c.d"]
    made = plan(*(deployment(n, {"app": n[:63]}, vllm(n)) for n in names), gateway(), epp="deploy")
    shown = [epp_.ref.name for epp_ in made.epps]
    assert shown[1:] == ["c-d-vllm-epp", "m-1b-vllm-epp"]
    assert len(shown[0]) == 63
    assert validate(applied(made)) == []


ALL_A = deployment("ms-a-decode", {"all": "true", "app": "a"}, vllm("m"))
ALL_B = deployment("ms-b", {"all": "true", "app": "b"}, SGLANG)
WRONG = [
    pool("gaie-a", {"all": "true"}, 8000, epp="gaie-a-epp"),
    pool("gaie-b", {"all": "true"}, 8000, epp="gaie-b-epp"),
]
WATCHED = [ALL_A, ALL_B, gateway(), *WRONG, *picker("gaie-a-epp", "gaie-a"), *picker("gaie-b-epp", "gaie-b")]


def test_wrong_pools_are_refused_or_gone_around_or_written_over() -> None:
    assert all("set inferencePool.modelServers.matchLabels" in line or "pool" in line for line in problems(*WATCHED))
    around = plan(*WATCHED, epp="deploy")
    assert [p.ref.name for p in around.pools] == ["ms-a-vllm", "ms-b-sglang"]
    over = plan(*WATCHED, take_over=True)
    assert [(p.ref.name, dict(p.selector), p.ports) for p in over.pools] == [
        ("gaie-a", {"app": "a"}, (8000,)),
        ("gaie-b", {"app": "b"}, (30000,)),
    ]
    assert [notice.code for notice in over.notices] == ["take-over", "take-over"]


def test_a_pool_that_is_right_is_never_taken_over() -> None:
    right = [A, pool("mine", {"app": "a"}, 8000), gateway()]
    made = plan(*right, take_over=True)
    assert made.pools == ()
