from __future__ import annotations

import json
import random
from typing import Any

import pytest

from llmd_routes.errors import InputError
from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.namespaces import Scope
from llmd_routes.model.inventory import Inventory
from llmd_routes.output.discovery import describe
from tests.generator.objects import (
    config_map,
    container,
    deployment,
    epp,
    gateway,
    group_set,
    pod_template,
    pool,
    pool_v1alpha2,
    service,
    sidecar,
    vllm,
    workload,
)

GUIDE = {"llm-d.ai/guide": "g", "llm-d.ai/inference-serving": "true"}


def sglang(*args: str, **more: Any) -> Any:
    return container(
        "sglang", "lmsysorg/sglang:v1", ["python3", "-m", "sglang.launch_server"], ["--model-path", "m", *args], **more
    )


def codes(inventory: Inventory) -> set[str]:
    return {notice.code for notice in inventory.notices}


def names(inventory: Inventory) -> list[tuple[str | None, list[str]]]:
    return [(s.name, [f"{ref.kind}/{ref.name}" for ref in s.workloads]) for s in inventory.services]


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


@pytest.mark.parametrize(
    ("label", "lies"),
    [
        ("Qwen3-32B", False),
        ("qwen3-32b", False),
        ("random_model", False),
        ("ms-x-llm-d-modelservice", False),
        ("Llama-3.1-8B", True),
    ],
)
def test_a_label_of_another_model(label: str, lies: bool) -> None:
    labels = {"llm-d.ai/model": label}
    inventory = build_inventory([deployment("ms-x-llm-d-modelservice-decode", labels, vllm("Qwen/Qwen3-32B"))])
    assert codes(inventory) == ({"label-lies"} if lies else set())


def test_roles_by_arguments_join_a_service() -> None:
    decode = deployment("a-decode", {"app": "a"}, sglang("--disaggregation-mode", "decode"), init=[sidecar()])
    prefill = deployment("a-prefill", {"app": "a"}, sglang("--disaggregation-mode", "prefill"))
    (found,) = build_inventory([decode, prefill]).services
    assert (found.roles, found.barred, found.ports) == (("decode", "prefill"), False, (8000,))
    bare = deployment("a-decode", {"app": "a"}, sglang("--disaggregation-mode", "decode"))
    inventory = build_inventory([bare, prefill])
    assert (inventory.services[0].barred, "roles-unjoined" in codes(inventory)) == (True, True)


def test_the_key_that_clients_must_send() -> None:
    inventory = build_inventory([deployment("a", {"app": "a"}, vllm("m", "--api-key", "sk-1"))])
    assert inventory.services[0].key == "Deployment/a: option --api-key"
    (notice,) = inventory.notices
    assert (notice.code, "sk-1" in notice.message) == ("key-required", False)


def test_a_superset_of_labels_separates_only_itself() -> None:
    parts = [deployment("a", GUIDE, vllm("m")), deployment("b", {**GUIDE, "llm-d.ai/engine-type": "sglang"}, sglang())]
    inventory = build_inventory(parts)
    assert [s.selector for s in inventory.services] == [None, {"llm-d.ai/engine-type": "sglang"}]
    assert codes(inventory) == {"cross-selection"}


def test_the_smallest_selector_prefers_known_labels_and_hardware_last() -> None:
    labels = {"llm-d.ai/accelerator-variant": "gpu", "app": "x", "llm-d.ai/guide": "g", "llm-d.ai/model": "m"}
    assert build_inventory([deployment("a", labels, vllm("m"))]).services[0].selector == {"llm-d.ai/guide": "g"}
    only = {"llm-d.ai/accelerator-variant": "gpu"}
    inventory = build_inventory([deployment("a", {**GUIDE, **only}, vllm("m")), deployment("b", GUIDE, sglang())])
    assert inventory.services[0].selector == only
    assert codes(inventory) == {"hardware-label", "cross-selection"}


def test_pools_that_take_exactly_a_service_are_its_pool() -> None:
    one = deployment("a", GUIDE, vllm("m"))
    exact = build_inventory([one, pool("p", {"llm-d.ai/guide": "g"}, 8000)]).services[0]
    assert (exact.pool and exact.pool.name, exact.epp) == ("p", "epp")
    alpha = build_inventory([one, pool_v1alpha2("p", {"llm-d.ai/guide": "g"}, 8000)]).services[0]
    assert alpha.pool is not None
    broad = build_inventory([one, deployment("b", GUIDE, sglang()), pool("p", {"llm-d.ai/guide": "g"}, 8000)])
    assert [s.pool for s in broad.services] == [None, None]
    assert "cross-selection" in codes(broad)
    wrong = build_inventory([one, pool("p", {"llm-d.ai/guide": "g"}, 9999)])
    assert codes(wrong) == {"pool-port-mismatch"}
    elsewhere = build_inventory([one, pool("p", {"llm-d.ai/guide": "g"}, 8000, namespace="other")])
    assert elsewhere.services[0].pool is None


@pytest.mark.parametrize(
    "labels",
    [{"inferencepool": "p-epp"}, {"app": "my-epp"}, {"llm-d-router-gateway": "p-epp"}, {"llm-d.ai/epp": "p-epp"}],
)
def test_endpoint_pickers_are_no_model_servers(labels: dict[str, str]) -> None:
    inventory = build_inventory(
        [epp("p-epp", "--pool-name", "p", "--pool-namespace", "ns", labels=labels), service("p-epp", labels)]
    )
    assert not inventory.services
    assert [(e.pool_name, e.service, e.group, e.tls) for e in inventory.epps] == [
        ("p", "p-epp", "inference.networking.k8s.io", True)
    ]
    assert [s.name for s in inventory.epp_services] == ["p-epp"]


def test_camel_case_flags_mean_the_alpha_api() -> None:
    inventory = build_inventory(
        [epp("p-epp", "--poolName", "p", "--poolNamespace", "default", "--secureServing=false")]
    )
    assert [(e.pool_name, e.pool_namespace, e.group, e.tls) for e in inventory.epps] == [
        ("p", "default", "inference.networking.x-k8s.io", False)
    ]


def test_leaders_serve_for_groups_of_one_rank() -> None:
    worker = pod_template(
        GUIDE,
        container(
            "x",
            "lmsysorg/sglang:v1",
            ["python3", "-m", "sglang.launch_server"],
            ["--model-path", "m", "--nnodes", "2", "--node-rank", "$(LWS_WORKER_INDEX)"],
        ),
    )
    found = build_inventory([group_set("a", worker)]).services[0]
    assert found.selector == {"llm-d.ai/guide": "g", "leaderworkerset.sigs.k8s.io/worker-index": "0"}
    assert found.selector_derived


def test_a_leader_template_serves_and_idle_workers_do_not() -> None:
    worker = pod_template(
        {"role": "worker"}, container("x", "vllm/vllm-openai:v1", ["bash", "-c", "ray start --block"])
    )
    found = build_inventory([group_set("a", worker, pod_template({"role": "leader"}, vllm("m")))]).services[0]
    assert found.selector == {"role": "leader"}


def test_every_worker_serves_with_external_balancing() -> None:
    worker = pod_template(GUIDE, vllm("m", "--data-parallel-multi-port-external-lb", "--data-parallel-size-local", "2"))
    found = build_inventory([group_set("a", worker)]).services[0]
    assert (found.selector, found.ports, found.selector_derived) == ({"llm-d.ai/guide": "g"}, (8000, 8001), False)


def test_pods_belong_to_their_top_owner_present_or_not() -> None:
    template = pod_template({**GUIDE, "pod-template-hash": "abc"}, vllm("m"))
    replica_set = workload(
        "a-abc",
        template,
        kind="ReplicaSet",
        ownerReferences=[{"kind": "Deployment", "name": "a", "controller": True}],
        labels={"pod-template-hash": "abc"},
    )
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": "a-abc-1",
            "namespace": "ns",
            "labels": {**GUIDE, "pod-template-hash": "abc"},
            "ownerReferences": [{"kind": "ReplicaSet", "name": "a-abc", "controller": True}],
        },
        "spec": template["spec"],
    }
    owner = deployment("a", GUIDE, vllm("m"))
    for objects in ([owner, replica_set, pod], [replica_set, pod], [pod], [owner]):
        assert names(build_inventory(objects)) == [("a", ["Deployment/a"])]
        assert build_inventory(objects).services[0].selector == {"llm-d.ai/guide": "g"}


def test_jobs_and_gateways_are_no_model_servers() -> None:
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "j", "namespace": "ns"},
        "spec": {"template": pod_template(GUIDE, vllm("m"))},
    }
    proxy = deployment("gw-istio", {"gateway.networking.k8s.io/gateway-name": "gw"}, vllm("m"))
    inventory = build_inventory([job, proxy])
    assert not inventory.services
    assert [entry.object for entry in inventory.ignored] == ["Deployment/gw-istio", "Job/j"]


def test_jobs_count_when_selectors_are_proven() -> None:
    job = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "j", "namespace": "ns"},
        "spec": {"template": pod_template(GUIDE, vllm("m"))},
    }
    assert build_inventory([job, deployment("a", {**GUIDE, "app": "a"}, vllm("m"))]).services[0].selector == {
        "app": "a"
    }


def test_owner_keys() -> None:
    keys = [
        build_inventory([deployment("a", {**GUIDE, **labels}, vllm("m"))]).services[0].owned_by
        for labels in (
            {},
            {"llm-d.ai/owned-by": "Team-A"},
            {"llm-d.ai/owned-by": "trtllm"},
            {"llm-d.ai/engine-type": "sglang"},
        )
    ]
    assert keys == ["vllm", "team-a", "tensorrt_llm", "sglang"]


def test_namespaces_of_objects_without_one() -> None:
    bare = deployment("a", GUIDE, vllm("m"), namespace=None)
    assumed = build_inventory([bare, pool("p", {"llm-d.ai/guide": "g"}, 8000, namespace="llm")])
    assert (assumed.assumed_namespace, assumed.services[0].namespace, assumed.services[0].own_namespace) == (
        "llm",
        "llm",
        None,
    )
    assert assumed.services[0].pool is not None
    given = build_inventory([bare], Scope(("mine",)))
    assert given.services[0].namespace == "mine"
    unknown = build_inventory([bare, gateway(namespace="x"), gateway(namespace="y")])
    assert (unknown.assumed_namespace, unknown.services[0].namespace) == (None, "")
    with pytest.raises(InputError, match="Deployment a"):
        build_inventory([bare], Scope(("one", "two")))


def test_services_of_other_namespaces_are_left_out_with_their_notices() -> None:
    objects = [deployment("a", {}, vllm("m")), deployment("b", GUIDE, vllm("m"), namespace="other")]
    inventory = build_inventory(objects, Scope(("other",)))
    assert [s.name for s in inventory.services] == ["b"]
    assert not inventory.notices


LEADER = ["bash multi-node-serving.sh leader; vllm serve m --port 8080 --tensor-parallel-size 8"]
WORKER = ["bash multi-node-serving.sh worker --ray_address=$(LWS_LEADER_ADDRESS)"]
PLACE = "leaderworkerset.sigs.k8s.io/worker-index"


def scripted(labels: Any, script: list[str]) -> Any:
    return pod_template(labels, container("x", "vllm/vllm-openai:v1", ["sh", "-c"], script))


@pytest.mark.parametrize(
    ("worker_labels", "selector", "derived"),
    [
        ({"app": "a"}, {"app": "a", PLACE: "0"}, True),
        ({"app": "a", "more": "x"}, {"app": "a", PLACE: "0"}, True),
        ({"app": "worker"}, {"app": "a"}, False),
    ],
)
def test_only_leaders_of_a_group_serve(worker_labels: Any, selector: Any, derived: bool) -> None:
    group = group_set("a", scripted(worker_labels, WORKER), scripted({"app": "a"}, LEADER))
    (found,) = build_inventory([group]).services
    assert (found.ports, found.selector, found.selector_derived) == ((8080,), selector, derived)


@pytest.mark.parametrize(
    "script",
    [
        "if [ $LWS_WORKER_INDEX = 0 ]; then vllm serve m; else sleep inf; fi",
        'if [[ "$LWS_WORKER_INDEX" -eq 0 ]]; then vllm serve m; else vllm serve m --headless; fi',
        "vllm serve m --nnodes 2 --node-rank $LWS_WORKER_INDEX",
    ],
)
def test_only_the_first_of_a_group_serves(script: str) -> None:
    (found,) = build_inventory([group_set("a", scripted({"app": "a"}, [script]))]).services
    assert found.selector == {"app": "a", PLACE: "0"}


@pytest.mark.parametrize("kind", ["Deployment", "StatefulSet", "ReplicaSet"])
def test_a_single_pod_that_is_told_its_rank_is_no_group(kind: str) -> None:
    template = pod_template({"app": "a"}, vllm("m", "--nnodes", "2", "--node-rank", "0"))
    (found,) = build_inventory([workload("a", template, kind=kind)]).services
    assert (found.selector, found.selector_derived) == ({"app": "a"}, False)


def test_places_of_other_groups_count_when_a_selector_is_proven() -> None:
    """Two groups with the same labels, of which one serves from its leader only, cannot be told apart."""
    one = group_set("a", scripted({"app": "a"}, ["vllm serve m --nnodes 2 --node-rank $LWS_WORKER_INDEX"]))
    other = group_set("b", scripted({"app": "a"}, ["vllm serve n --data-parallel-hybrid-lb"]))
    inventory = build_inventory([one, other])
    assert [service.selector for service in inventory.services] == [None, None]


def test_a_pool_that_takes_pods_which_do_not_serve() -> None:
    requester = workload("r", pod_template(GUIDE, container("inference-server", "own/requester:1")), kind="ReplicaSet")
    inventory = build_inventory([requester, deployment("a", GUIDE, vllm("m")), pool("p", GUIDE, 8000)])
    assert names(inventory) == [("a", ["Deployment/a"])]
    told = [notice.message for notice in inventory.notices if notice.code == "cross-selection"]
    assert any("its pods and those of ReplicaSet/r, which do not serve" in message for message in told)


def test_dual_pods_serve_with_the_labels_of_their_patch() -> None:
    patch = (
        'metadata: {labels: {"model-reg": "m", "app": null}}\n'
        "spec: {containers: [{name: vllm, command: [vllm, serve], args: [m, --port, '8200']}],"
        " initContainers: [{name: routing-proxy, restartPolicy: Always,"
        " args: [--port=8000, --vllm-port=8200, --secure-proxy=false]}]}"
    )
    for prefix in ("dual-pod.llm-d.ai/", "dual-pods.llm-d.ai/"):
        template = pod_template(
            {"app": "dp"}, container("inference-server", "x/requester:1"), annotations={f"{prefix}server-patch": patch}
        )
        inventory = build_inventory([workload("a-decode", template, kind="ReplicaSet")])
        found = inventory.services[0]
        assert (found.selector, found.ports, found.selector_derived) == ({"model-reg": "m"}, (8000,), True)
        assert codes(inventory) == {"dual-pod"}


def test_dual_pods_by_inference_server_config() -> None:
    config = {
        "apiVersion": "fma.llm-d.ai/v1alpha1",
        "kind": "InferenceServerConfig",
        "metadata": {"name": "c", "namespace": "ns"},
        "spec": {
            "modelServerConfig": {"port": 8005, "options": "--model org/m --enforce-eager", "labels": {"made-by": "c"}}
        },
    }
    template = pod_template(
        {"app": "dp"},
        container("requester", "x/requester:1"),
        annotations={"dual-pods.llm-d.ai/inference-server-config": "c"},
    )
    requester = workload("a", template, kind="ReplicaSet")
    found = build_inventory([requester, config]).services[0]
    assert (found.models, found.ports, found.selector) == (("org/m",), (8005,), {"made-by": "c"})
    assert not build_inventory([requester]).services
    assert [(entry.object, entry.reason) for entry in build_inventory([config]).ignored] == [
        ("InferenceServerConfig/c", "no requester names it")
    ]
    (both,) = build_inventory([requester, workload("b", template, kind="ReplicaSet"), config]).services
    assert [str(ref) for ref in both.workloads] == [
        "InferenceServerConfig ns/c",
        "ReplicaSet ns/a",
        "ReplicaSet ns/b",
    ]
    assert (both.name, both.selector) == (None, {"made-by": "c"})


def llmisvc(name: str = "a", namespace: str | None = "ns", **spec: Any) -> Any:
    return {
        "apiVersion": "serving.kserve.io/v1alpha2",
        "kind": "LLMInferenceService",
        "metadata": {"name": name, "namespace": namespace},
        "spec": spec,
    }


def test_kserve_presets() -> None:
    inventory = build_inventory(
        [llmisvc(model={"name": "org/m", "lora": {"adapters": [{"name": "l"}]}}, router={"scheduler": {}})]
    )
    found = inventory.services[0]
    assert found.models == ("org/m", "publishers/ns/models/org/m", "l")
    assert (found.engine, found.ports, found.scheme, found.roles) == ("vllm", (8000,), "https", ("both",))
    assert (found.controller, found.managed_pool) == ("KServe", "a-inference-pool")
    assert codes(inventory) == {"controller-owned", "tls"}
    assert "KServe preset" in found.evidence["engine"][0]


def test_kserve_with_a_command_of_its_own() -> None:
    main = container(
        "main",
        "x/sglang",
        ["python3", "-m", "sglang.launch_server"],
        ["--model-path", "/mnt/models", "--served-model-name", "n"],
    )
    found = build_inventory([llmisvc(model={"name": "org/m"}, template={"containers": [main]})]).services[0]
    assert (found.engine, found.models, found.scheme, found.managed_pool) == ("sglang", ("n",), "http", None)


def base(name: str, **spec: Any) -> Any:
    return {**llmisvc(name, **spec), "kind": "LLMInferenceServiceConfig"}


def test_kserve_bases_in_their_order_then_the_resource() -> None:
    first = base("first", model={"name": "org/first"}, router={"scheduler": {}}, labels={"team": "a"})
    second = base("second", model={"name": "org/second", "lora": {"adapters": [{"name": "l"}]}})
    refs = [{"name": "kserve-config-llm-template"}, {"name": "first"}, {"name": "second"}]
    inventory = build_inventory([first, second, llmisvc(baseRefs=refs)])
    (found,) = inventory.services
    assert found.models == ("org/second", "publishers/ns/models/org/second", "l")
    assert (found.managed_pool, found.templates[0].labels["team"]) == ("a-inference-pool", "a")
    named = build_inventory([first, second, llmisvc(baseRefs=refs, model={"name": "own"})]).services[0]
    assert named.models == ("own", "publishers/ns/models/own", "l")


def test_a_base_that_is_not_there_makes_the_model_unreadable() -> None:
    inventory = build_inventory([llmisvc(baseRefs=[{"name": "elsewhere"}], model={"name": "org/m"})])
    assert inventory.services[0].models == ()
    (notice,) = (notice for notice in inventory.notices if notice.code == "unreadable-model")
    assert "LLMInferenceServiceConfig elsewhere, which is not in the input" in notice.message


PRESET = """
KV=""
eval "exec vllm serve /mnt/models --served-model-name "{{ .Spec.Model.Name }}" "second/{{ .ObjectMeta.Namespace }}" \\
  {{- if .Spec.Parallelism }} --tensor-parallel-size {{ .Spec.Parallelism.Tensor }}{{- end }} \\
  --port 8100 {{ if .GlobalConfig.EnableTLS }}--ssl-certfile /tls.crt{{- end }} ${VLLM_ADDITIONAL_ARGS} ${KV}" "$@"
"""


def preset(name: str, text: str = PRESET) -> Any:
    return base(name, template={"containers": [container("main", "x/y", ["/bin/bash", "-c", text, "--"])]})


def settings(**ingress: Any) -> Any:
    metadata = {"name": "inferenceservice-config", "namespace": "kserve"}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"ingress": json.dumps(ingress)}}


def test_a_kserve_preset_of_the_input_lies_below_the_bases() -> None:
    service = llmisvc(model={"name": "org/m"})
    inventory = build_inventory([preset("kserve-config-llm-template"), service])
    (found,) = inventory.services
    assert (found.models, found.ports, found.scheme) == (("org/m", "second/ns"), (8100,), "https")
    assert "LLMInferenceService/a: KServe preset kserve-config-llm-template" in found.evidence["engine"]
    assert "template" not in codes(inventory)
    more = {"name": "main", "args": ["--served-model-name", "n"]}
    named = llmisvc(model={"name": "org/m"}, template={"containers": [more]})
    assert build_inventory([preset("kserve-config-llm-template"), named]).services[0].models == ("n",)


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ({"prefill": {"replicas": 1}}, "decode-template"),
        ({"parallelism": {"data": 2}}, "template"),
        ({"worker": {}, "parallelism": {"data": 2}}, "worker-data-parallel"),
    ],
)
def test_which_kserve_preset_lies_below(spec: Any, name: str) -> None:
    others = ("template", "decode-template", "worker-data-parallel", "prefill-template")
    given = [preset(f"kserve-config-llm-{one}", PRESET.replace("second", one)) for one in others]
    (found,) = build_inventory([*given, llmisvc(model={"name": "org/m"}, **spec)]).services
    assert found.models == ("org/m", f"{name}/ns")


def test_the_kserve_preset_of_the_version_that_the_status_names() -> None:
    given = [
        preset("kserve-config-llm-template"),
        preset("v1-kserve-config-llm-template", PRESET.replace("second", "v1")),
    ]
    service = llmisvc(model={"name": "org/m"})
    service["status"] = {"annotations": {"serving.kserve.io/config-llm-template": "v1-kserve-config-llm-template"}}
    assert build_inventory([*given, service]).services[0].models == ("org/m", "v1/ns")


@pytest.mark.parametrize("given", [[], [preset("kserve-config-llm-template")]])
def test_kserve_settings_decide_on_tls(given: list[Any]) -> None:
    service = llmisvc(model={"name": "org/m"})
    for told, scheme in ((False, "http"), (True, "https")):
        inventory = build_inventory([*given, settings(enableLLMInferenceServiceTLS=told), service])
        assert inventory.services[0].scheme == scheme


def test_a_kserve_base_is_the_one_of_its_namespace() -> None:
    other = base("b", model={"name": "org/other"})
    other["metadata"]["namespace"] = "else"
    service = llmisvc(baseRefs=[{"name": "b"}])
    assert build_inventory([other, base("b", model={"name": "org/m"}), service]).services[0].models[0] == "org/m"
    assert build_inventory([other, service]).services[0].models[0] == "org/other"


def test_kserve_templates_are_filled_in() -> None:
    main = container(
        "main",
        "ghcr.io/llm-d/llm-d-inference-sim:v0.10.0",
        ["/app/llm-d-inference-sim"],
        ["--model", "{{ .Spec.Model.Name }}", "--zmq-endpoint", "tcp://{{ ChildName .ObjectMeta.Name `-epp` }}"],
    )
    inventory = build_inventory([llmisvc(model={"name": "opt"}, template={"containers": [main]})])
    assert (inventory.services[0].models, inventory.services[0].simulator) == (("opt",), True)
    assert "template" in codes(inventory)


def test_arguments_that_are_added_to_the_kserve_preset_win() -> None:
    main = container("main", args=["--served-model-name", "n", "--lora-modules", "l=/l"])
    main["env"] = [{"name": "VLLM_ADDITIONAL_ARGS", "value": "--served-model-name early --port 9000"}]
    (found,) = build_inventory([llmisvc(model={"name": "org/m"}, template={"containers": [main]})]).services
    assert (found.models, found.ports, found.scheme) == (("n", "l"), (9000,), "https")


@pytest.mark.parametrize("command", [["./start.sh"], ["vllm", "bench", "serve"]])
def test_a_kserve_command_that_cannot_be_read_is_not_the_preset(command: list[str]) -> None:
    main = container("main", "own/thing:1", command)
    inventory = build_inventory([llmisvc(model={"name": "org/m"}, template={"containers": [main]})])
    assert (inventory.services[0].engine, inventory.services[0].models) == (None, ())
    assert "unknown-engine" in codes(inventory)


def test_kserve_children_are_parts() -> None:
    labels = {
        "app.kubernetes.io/name": "a",
        "app.kubernetes.io/part-of": "llminferenceservice",
        "kserve.io/component": "workload",
    }
    child = workload(
        "a-kserve",
        pod_template(labels, vllm("/mnt/models")),
        ownerReferences=[{"kind": "LLMInferenceService", "name": "a", "controller": True}],
    )
    rendered = workload("a-kserve", pod_template(labels, vllm("/mnt/models")), labels=labels)
    for objects in ([llmisvc(), child], [llmisvc(), rendered]):
        found = build_inventory(objects)
        assert names(found) == [("a", ["LLMInferenceService/a"])]
        assert found.services[0].selector is not None


def model_service(uri: str = "hf://org/m", *args: str) -> Any:
    ports = [{"name": "app_port", "port": 8010}, {"name": "internal_port", "port": 8200}]
    return {
        "apiVersion": "llm-d.ai/v1alpha1",
        "kind": "ModelService",
        "metadata": {"name": "a", "namespace": "ns"},
        "spec": {
            "baseConfigMapRef": {"name": "base"},
            "routing": {"modelName": "Org/M.1", "ports": ports},
            "modelArtifacts": {"uri": uri},
            "decode": {"containers": [{"name": "vllm", "args": list(args)}]},
            "prefill": {"containers": [{"name": "vllm"}]},
        },
    }


BASE = """
kind: Deployment
spec:
  template:
    spec:
      initContainers:
      - name: routing-proxy
        image: ghcr.io/llm-d/llm-d-routing-sidecar:0.0.6
        restartPolicy: Always
        args: ["--port={{ "app_port" | getPort }}", "--vllm-port={{ "internal_port" | getPort }}"]
        ports: [{containerPort: {{ "app_port" | getPort }} }]
      containers:
      - name: vllm
        image: ghcr.io/llm-d/llm-d:0.0.8
        command: [vllm, serve]
        args: ["--port", "{{ "internal_port" | getPort }}", "--x", "{{ .Unknown }}"]
"""


@pytest.mark.parametrize(
    ("uri", "args", "models"),
    [
        ("hf://org/m", ["{{ .HFModelName }}"], ("org/m",)),
        ("pvc://claim/path/to/m", ["/cache/{{.ModelPath}}"], ("/cache/path/to/m",)),
        ("hf://org/m", ["{{ .HFModelName }}", "--served-model-name", "{{ .ModelName }}"], ("Org/M.1",)),
        ("hf://org/m", [], ("Org/M.1",)),
        ("hf://org/m", ["{{ .Other }}"], ()),
    ],
)
def test_the_first_operators_resources(uri: str, args: list[str], models: tuple[str, ...]) -> None:
    inventory = build_inventory([model_service(uri, *args), config_map("base", {"decodeDeployment": BASE})])
    (found,) = inventory.services
    assert (found.engine, found.models, found.ports, found.scheme) == ("vllm", models, (8010,), "http")
    assert (found.roles, found.selector_derived, found.managed_pool) == (
        ("decode", "prefill"),
        True,
        "a-inference-pool",
    )
    assert found.selector == {"llm-d.ai/model": "org-m-1"}
    assert {"controller-owned", "template"} <= codes(inventory)


def test_the_first_operators_base_that_is_not_there() -> None:
    inventory = build_inventory([model_service()])
    assert (inventory.services[0].engine, inventory.services[0].models) == ("vllm", ())
    assert "unreadable-model" in codes(inventory)


def test_order_of_input_does_not_matter() -> None:
    objects = [
        deployment(f"s{i}-{role}", {**GUIDE, "app": f"s{i}", "llm-d.ai/role": role}, vllm(f"m{i}"))
        for i in range(4)
        for role in ("decode", "prefill")
    ]
    objects += [
        pool("p", GUIDE, 8000),
        epp("p-epp", "--pool-name", "p"),
        service("p-epp", {"inferencepool": "p-epp"}),
        gateway(),
    ]
    first = describe(build_inventory(objects))
    for seed in range(5):
        random.Random(seed).shuffle(objects)
        assert describe(build_inventory(objects)) == first


def test_nulls_anywhere_are_no_trouble() -> None:
    hollow = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "a", "labels": None, "annotations": None},
        "spec": None,
    }
    inventory = build_inventory([hollow, deployment("b", GUIDE, vllm("m", env=None, ports=None))])
    assert [s.name for s in inventory.services] == ["b"]


NGINX = container("web", "nginx:1")


def test_only_near_misses_are_listed_as_ignored() -> None:
    job = {**workload("load", pod_template({}, vllm("m")), kind="Job"), "apiVersion": "batch/v1"}
    migration = {**workload("migrate", pod_template({}, NGINX), kind="Job"), "apiVersion": "batch/v1"}
    bench = deployment("bench", {}, container("b", "vllm/vllm-openai:v1", ["vllm", "bench", "serve"]))
    inventory = build_inventory([job, migration, bench, deployment("web", {"app": "web"}, NGINX)])
    assert [(entry.object, entry.reason) for entry in inventory.ignored] == [
        ("Deployment/bench", "container b is a benchmark client"),
        ("Job/load", "a Job ends"),
    ]
    assert inventory.services == ()


@pytest.mark.parametrize(
    ("api", "kind", "command"),
    [
        ("helm.toolkit.fluxcd.io/v2", "HelmRelease", "helm template a "),
        ("argoproj.io/v1alpha1", "Application", "argocd app manifests a "),
        ("nvidia.com/v1alpha1", "DynamoGraphDeployment", "read the cluster"),
        ("apps.nvidia.com/v1alpha1", "NIMService", "read the cluster"),
        ("serving.kserve.io/v1beta1", "InferenceService", "read the cluster"),
        ("ray.io/v1", "RayService", "read the cluster"),
    ],
)
def test_what_makes_services_elsewhere_is_told_with_the_way_to_read_them(api: str, kind: str, command: str) -> None:
    obj = {"apiVersion": api, "kind": kind, "metadata": {"name": "a", "namespace": "ns"}}
    (entry,) = build_inventory([obj]).ignored
    assert (entry.object, command in entry.reason, entry.unread) == (f"{kind}/a", True, False)


@pytest.mark.parametrize(
    "labels", [{"llm-d.ai/role": "decode"}, {"llm-d.ai/inference-serving": "true"}, {"llm-d.ai/engine-type": "mine"}]
)
def test_pods_that_are_said_to_serve_are_services_of_unknown_engine(labels: dict[str, str]) -> None:
    assert codes(build_inventory([deployment("a", labels, NGINX)])) == {"unknown-engine"}


def test_pods_that_a_pool_takes_are_services_of_unknown_engine() -> None:
    taken, other = deployment("a", {"app": "a"}, NGINX), deployment("b", {"app": "b"}, NGINX)
    inventory = build_inventory(
        [taken, other, pool("p", {"app": "a"}, 8000), pool("q", {"app": "b"}, 80, namespace="x")]
    )
    assert names(inventory) == [("a", ["Deployment/a"])]
    assert inventory.services[0].engine is None
