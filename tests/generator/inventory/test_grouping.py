"""Which workloads are one ModelService, and which stay apart."""

from __future__ import annotations

from llmd_routes.inventory.build import build_inventory
from tests.generator.objects import (
    deployment,
    pod_template,
    sidecar,
    vllm,
    workload,
)
from tests.generator.scenes import GUIDE, codes, names, sglang


def test_prefill_and_decode_are_one_service() -> None:
    decode = deployment(
        "a-decode",
        {**GUIDE, "llm-d.ai/role": "decode"},
        vllm("m", "--port", "8200"),
        init=[sidecar("--secure-proxy=false")],
    )
    prefill = deployment("a-prefill", {**GUIDE, "llm-d.ai/role": "prefill"}, vllm("m"))
    inventory = build_inventory([prefill, decode])
    assert names(inventory) == [("a", ["Deployment/a-decode", "Deployment/a-prefill"])]
    assert inventory.services[0].roles == ("decode", "prefill")
    assert inventory.services[0].selector == {"llm-d.ai/guide": "g"}


def test_roles_without_a_common_name_join_by_models_and_guide() -> None:
    parts = [
        deployment(name, {**GUIDE, "llm-d.ai/role": role}, vllm("m"))
        for name, role in (("decode", "decode"), ("prefill-short", "prefill"), ("prefill-long", "prefill"))
    ]
    inventory = build_inventory(parts)
    assert [len(s.workloads) for s in inventory.services] == [3]
    assert inventory.services[0].name is None


def test_engines_and_other_models_of_one_guide_stay_apart() -> None:
    parts = [
        deployment("a-decode", {**GUIDE, "llm-d.ai/role": "decode"}, vllm("m")),
        deployment("b-decode", {**GUIDE, "llm-d.ai/role": "decode"}, sglang()),
        deployment("c-decode", {**GUIDE, "llm-d.ai/role": "decode"}, vllm("other")),
    ]
    assert [s.name for s in build_inventory(parts).services] == ["a", "b", "c"]


def test_a_name_in_common_needs_a_model_in_common() -> None:
    decode = deployment("a-decode", {"llm-d.ai/role": "decode"}, vllm("m", "--served-model-name", "m", "alias"))
    prefill = deployment("a-prefill", {"llm-d.ai/role": "prefill"}, vllm("m"))
    other = deployment("a", {"app": "a"}, vllm("other"))
    inventory = build_inventory([decode, other, prefill])
    assert names(inventory) == [
        ("a", ["Deployment/a"]),
        ("a", ["Deployment/a-decode", "Deployment/a-prefill"]),
    ]
    assert inventory.services[1].models == ("m", "alias")
    assert "roles-disagree" in codes(inventory)


def test_an_unreadable_role_belongs_to_the_one_of_its_name() -> None:
    decode = deployment("a-decode", {"llm-d.ai/role": "decode"}, vllm("m"))
    prefill = deployment("a-prefill", {"llm-d.ai/role": "prefill"}, vllm("$(M)"))
    inventory = build_inventory([prefill, decode])
    assert [len(s.workloads) for s in inventory.services] == [2]
    assert inventory.services[0].models == ("m",)


def test_workloads_of_one_guide_and_model_are_one_whatever_their_release() -> None:
    parts = [
        workload(name, pod_template({**GUIDE, "app": name}, vllm("m")), annotations={"meta.helm.sh/release-name": name})
        for name in ("a100", "h100")
    ]
    assert [len(s.workloads) for s in build_inventory(parts).services] == [2]


def test_roles_by_arguments_join_a_service() -> None:
    decode = deployment("a-decode", {"app": "a"}, sglang("--disaggregation-mode", "decode"), init=[sidecar()])
    prefill = deployment("a-prefill", {"app": "a"}, sglang("--disaggregation-mode", "prefill", "--port", "8000"))
    (found,) = build_inventory([decode, prefill]).services
    assert (found.roles, found.barred, found.ports) == (("decode", "prefill"), False, (8000,))
    bare = deployment("a-decode", {"app": "a"}, sglang("--disaggregation-mode", "decode"))
    inventory = build_inventory([bare, prefill])
    assert (inventory.services[0].barred, "roles-unjoined" in codes(inventory)) == (True, True)
