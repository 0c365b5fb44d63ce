from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.pods.commands import Pod
from llmd_routes.pods.servers import Server, find_server
from tests.generator.objects import container, sidecar, vllm

SERVING = {"llm-d.ai/inference-serving": "true"}


def pod(
    *containers: Any, labels: Any = None, annotations: Any = None, init: Any = (), maps: Any = None, **spec: Any
) -> Pod:
    known = maps or {}
    return Pod(
        labels or {},
        annotations or {},
        {"containers": list(containers), "initContainers": list(init), **spec},
        known.get,
    )


def serve(*containers: Any, **more: Any) -> Server:
    found = find_server(pod(*containers, **more))
    assert isinstance(found, Server), found
    return found


@pytest.mark.parametrize(
    ("reason", "containers"),
    [
        ("tokenizer", [container("r", "vllm/vllm-openai:v1", ["vllm", "launch", "render"], ["org/m"])]),
        ("benchmark", [container("b", "vllm/vllm-openai:v1", ["vllm", "bench", "serve"], ["--model", "org/m"])]),
        ("starts no server", [container("c", "vllm/vllm-openai:v1", ["python3", "client.py"])]),
        ("sidecars", [container("istio-proxy", "istio/proxyv2:1")]),
        ("starts no server", [container("x", "lmsysorg/sglang:v1", None, ["python3", "bench.py"])]),
        ("headless", [container("w", "vllm/vllm-openai:v1", ["vllm", "serve", "org/m", "--headless"])]),
    ],
)
def test_left_alone(reason: str, containers: list[Any]) -> None:
    found = find_server(pod(*containers))
    assert isinstance(found, str)
    assert reason in found


@pytest.mark.parametrize(
    "containers",
    [
        [container("web", "nginx:1", ["nginx"])],
        [container("s", "alpine:3", ["sh", "-c"], ["echo vllm serve org/m"])],
        [],
    ],
)
def test_what_does_not_look_like_a_server_is_no_near_miss(containers: list[Any]) -> None:
    assert find_server(pod(*containers)) is None


@pytest.mark.parametrize(
    ("engine", "models", "ports", "one"),
    [
        ("vllm", ["org/m"], (8000,), vllm("org/m")),
        ("vllm", ["org/m"], (9000,), vllm("--port", "9000", "org/m")),
        ("vllm", ["org/m"], (8000,), vllm("--model=org/m")),
        ("vllm", ["a", "b"], (8000,), vllm("org/m", "--served-model-name", "a", "b", "--port=8000")),
        ("vllm", ["b"], (8000,), vllm("org/m", "--served-model-name", "a", "--served_model_name", "b")),
        (
            "vllm",
            ["org/m"],
            (8000,),
            container("x", "y", ["python3", "-m", "vllm.entrypoints.openai.api_server"], ["--model", "org/m"]),
        ),
        ("vllm", ["org/m"], (8000,), container("x", "vllm/vllm-openai:v1", None, ["--model", "org/m", "--port", 8000])),
        ("vllm", ["org/m"], (8000,), container("x", "opea/vllm-gaudi:1", None, ["org/m", "--enforce-eager"])),
        ("vllm", ["org/m"], (8000,), container("x", "rebellions/vllm-rbln-x:1", None, ["org/m"])),
        ("vllm", ["org/m"], (8000,), container("vllm", "registry.local:5000/own/thing:1", None, ["--model", "org/m"])),
        (
            "vllm",
            ["m", "lora1", "lora2"],
            (8000,),
            vllm("m", "--lora-modules", "lora1=/a", '{"name":"lora2","path":"/b"}'),
        ),
        (
            "sglang",
            ["org/m"],
            (30000,),
            container("x", "y", ["python3", "-m", "sglang.launch_server"], ["--model-path", "org/m"]),
        ),
        (
            "sglang",
            ["n"],
            (1,),
            container("x", "y", ["sglang", "serve"], ["--model-path=org/m", "--served-model-name=n", "--port=1"]),
        ),
        (
            "sglang",
            ["org/m"],
            (30000,),
            container(
                "vllm",
                "ghcr.io/llm-d/llm-d-cuda:v1",
                ["python3"],
                ["-m", "sglang.launch_server", "--model-path", "org/m"],
            ),
        ),
        (
            "tensorrt_llm",
            ["org/m"],
            (8000,),
            container("x", "y", ["trtllm-serve", "serve", "org/m"], ["--host", "0.0.0.0"]),
        ),
        ("tensorrt_llm", ["dir"], (8000,), container("x", "y", ["trtllm-serve", "/models/dir"])),
        (
            "tgi",
            ["org/m"],
            (80,),
            container("x", "ghcr.io/huggingface/text-generation-inference:3", None, ["--model-id", "org/m"]),
        ),
        (
            "tgi",
            ["org/m"],
            (80,),
            container(
                "x", "ghcr.io/huggingface/text-generation-inference:3", env=[{"name": "MODEL_ID", "value": "org/m"}]
            ),
        ),
        (
            "llamacpp",
            ["name"],
            (8080,),
            container("x", "ghcr.io/ggml-org/llama.cpp:server-cuda", None, ["-m", "/m.gguf", "-a", "name"]),
        ),
        ("llamacpp", ["org/m-GGUF"], (8080,), container("x", "y", ["/app/llama-server", "-hf", "org/m-GGUF"])),
        (
            "vllm",
            ["org/m"],
            (8000,),
            container("x", "y", ["/bin/bash", "-c", "--"], ["# run\nexport A=1\nexec vllm serve \\\n org/m"]),
        ),
        (
            "vllm",
            ["org/m"],
            (8000,),
            container("x", "y", ["sh", "-c"], ["awk '{print}' f && vllm serve org/m", "ignored"]),
        ),
        (
            "vllm",
            ["org/m"],
            (8000,),
            container("x", "y", ["vllm", "serve", "$(MODEL)"], env=[{"name": "MODEL", "value": "org/m"}]),
        ),
        (
            "vllm",
            ["org/m"],
            (8000,),
            container("x", "y", ["vllm", "serve"], ["org/m", None, "--speculative-draft-model-path", "z"], env=None),
        ),
    ],
)
def test_engines_and_models(engine: str, models: list[str], ports: tuple[int, ...], one: Any) -> None:
    found = serve(one)
    assert (found.engine, list(found.served.models), found.ports.numbers) == (engine, models, ports)


@pytest.mark.parametrize(
    ("labels", "engine"),
    [
        ({"llm-d.ai/engine-type": "sglang"}, "sglang"),
        ({"inference.networking.k8s.io/engine-type": "trtllm-serve"}, "tensorrt_llm"),
        ({"llm-d.ai/owned-by": "sglang"}, "sglang"),
        ({"llm-d.ai/owned-by": "team-a"}, "vllm"),
        ({"app": "llama-server"}, "vllm"),
    ],
)
def test_labels_name_the_engine(labels: dict[str, str], engine: str) -> None:
    assert serve(vllm("org/m"), labels=labels).engine == engine


def test_the_simulator_is_routed_as_vllm() -> None:
    found = serve(container("vllm", "ghcr.io/llm-d/llm-d-inference-sim:v1", None, ["--model", "random"]))
    assert (found.engine, found.simulator) == ("vllm", True)


def test_unknown_engine_and_unreadable_model_are_said() -> None:
    found = serve(container("x", "own/thing:1", ["./start.sh"]), labels=SERVING)
    assert found.engine is None
    assert [problem[0] for problem in found.remarks] == ["unknown-engine"]
    hidden = serve(vllm("$(MODEL)", env=[{"name": "MODEL", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}]))
    assert hidden.served.models == ()
    assert [problem[0] for problem in hidden.remarks] == ["unreadable-model"]
    assert [problem[0] for problem in serve(vllm("--port", "8000")).remarks] == ["unreadable-model"]
    assert [problem[0] for problem in serve(vllm("{{ .Name }}")).remarks] == ["template"]


LLAMA = "ghcr.io/ggml-org/llama.cpp:server"


@pytest.mark.parametrize(
    ("models", "port", "one"),
    [
        (["a", "b"], 8080, container("x", LLAMA, None, ["-m", "/m.gguf", "--alias", "a,b"])),
        (
            ["al"],
            9000,
            container(
                "x",
                LLAMA,
                env=[
                    {"name": "LLAMA_ARG_HF_REPO", "value": "org/g"},
                    {"name": "LLAMA_ARG_ALIAS", "value": "al"},
                    {"name": "LLAMA_ARG_PORT", "value": 9000},
                ],
            ),
        ),
        (
            ["org/g"],
            1,
            container("x", LLAMA, None, ["--port=1"], env=[{"name": "LLAMA_ARG_HF_REPO", "value": "org/g"}]),
        ),
        (
            ["n"],
            23334,
            container("x", "y", ["lmdeploy", "serve", "api_server", "m"], ["--server-port", "23334", "--model-name=n"]),
        ),
        (
            ["m", "a", "b"],
            8000,
            container("x", "llm-d/llm-d-inference-sim:v1", None, ["--model", "m", "--lora", "a,b"]),
        ),
        (["m"], 8000, container("x", "llm-d/llm-d-inference-sim:v1", env=[{"name": "SIM_MODEL", "value": "m"}])),
    ],
)
def test_options_by_other_names(models: list[str], port: int, one: Any) -> None:
    found = serve(one)
    assert (list(found.served.models), found.ports.numbers, found.remarks) == (models, (port,), ())


@pytest.mark.parametrize(
    ("reason", "one"),
    [
        ("LiteLLM", container("x", "ghcr.io/berriai/litellm:main", None, ["--config", "/c.yaml"])),
        ("LiteLLM", container("x", "own", ["litellm"], ["--config", "/c.yaml"])),
        ("production stack", container("x", "lmcache/lmstack-router:latest", None, ["--port", "8000"])),
        ("a router", container("x", "y", ["vllm-router"], ["--port", "8000"])),
        ("Dynamo", container("x", "nvcr.io/nvidia/ai-dynamo/vllm-runtime:1", ["python3", "-m", "dynamo.frontend"])),
        ("Open WebUI", container("x", "ghcr.io/open-webui/open-webui:main")),
    ],
)
def test_proxies_are_no_servers(reason: str, one: Any) -> None:
    found = find_server(pod(one, labels=SERVING))
    assert isinstance(found, str)
    assert reason in found


@pytest.mark.parametrize("image", ["own/thing:1", "vllm/vllm-openai:v1"])
def test_what_an_unknown_program_serves_is_of_no_engine(image: str) -> None:
    one = container("x", image, ["thing", "serve", "org/m"])
    found = serve(one, labels=SERVING)
    assert (found.engine, [code for code, *_ in found.remarks]) == (None, ["unknown-engine"])
    assert find_server(pod(one)) is None
    labelled = serve(one, labels={"llm-d.ai/engine-type": "vllm"})
    assert (labelled.engine, labelled.served.models) == ("vllm", ("org/m",))


def from_maps(*names: str, optional: bool = False) -> Any:
    return [{"configMapRef": {"name": name, "optional": optional}} for name in names]


@pytest.mark.parametrize(
    ("told", "more"),
    [
        # The later of two sources counts, and `env` before both.
        (("b",), {"envFrom": from_maps("a", "b")}),
        (("a",), {"envFrom": from_maps("b", "a")}),
        (("l",), {"envFrom": from_maps("a", "gone"), "env": [{"name": "M", "value": "l"}]}),
        # What is not there would replace it.
        ((), {"envFrom": from_maps("a", "gone")}),
        ((), {"envFrom": from_maps("a"), "env": [{"name": "M", "valueFrom": {"secretKeyRef": {"name": "s"}}}]}),
        (("b",), {"envFrom": from_maps("gone", "b")}),
        # The last of two entries counts.
        ((), {"env": [{"name": "M", "value": "l"}, {"name": "M", "valueFrom": {"fieldRef": {"fieldPath": "x"}}}]}),
    ],
)
def test_which_source_of_a_variable_counts(told: tuple[str, ...], more: Any) -> None:
    assert serve(vllm("$(M)", **more), maps={"a": {"M": "a"}, "b": {"M": "b"}}).served.models == told


OPTIONAL = {"name": "M", "valueFrom": {"configMapKeyRef": {"name": "gone", "key": "M", "optional": True}}}


@pytest.mark.parametrize(
    ("names", "more"),
    [
        (["gone"], {"envFrom": from_maps("a") + from_maps("gone", optional=True)}),
        (["gone"], {"envFrom": from_maps("a"), "env": [OPTIONAL]}),
        ([], {"envFrom": from_maps("gone", optional=True) + from_maps("a")}),
        ([], {"envFrom": from_maps("a") + from_maps("gone", optional=True), "env": [{"name": "M", "value": "a"}]}),
        ([], {"envFrom": [*from_maps("a"), {"prefix": "X_", "configMapRef": {"name": "gone", "optional": True}}]}),
    ],
)
def test_an_optional_config_map_that_would_win_is_told(names: list[str], more: Any) -> None:
    found = serve(vllm("$(M)", **more), maps={"a": {"M": "a", "OTHER": "o"}})
    assert found.served.models == ("a",)
    assert [code for code, *_ in found.remarks] == ["optional-config" for _ in names]
    assert all("ConfigMap gone is not there, and would replace the value of M" in fact for _, fact, _ in found.remarks)


@pytest.mark.parametrize(
    ("why", "more"),
    [
        ("ConfigMap c is not in the input", {"envFrom": [{"configMapRef": {"name": "c"}}]}),
        ("ConfigMap c is not in the input", {"env": [{"name": "M", "valueFrom": {"configMapKeyRef": {"name": "c"}}}]}),
        (
            "ConfigMap there has no k",
            {"env": [{"name": "M", "valueFrom": {"configMapKeyRef": {"name": "there", "key": "k"}}}]},
        ),
        ("Secret s, which is never read", {"env": [{"name": "M", "valueFrom": {"secretKeyRef": {"name": "s"}}}]}),
        ("known only when the pod runs", {"env": [{"name": "M", "valueFrom": {"fieldRef": {"fieldPath": "x"}}}]}),
        ("has no known value", {}),
    ],
)
def test_why_a_variable_has_no_value(why: str, more: Any) -> None:
    ((code, message, _),) = serve(vllm("$(M)", **more), maps={"there": {}}).remarks
    assert code == "unreadable-model"
    assert message.endswith(why)


def test_a_model_that_is_missing_is_said_where_only_a_name_is_given() -> None:
    found = serve(vllm("--served-model-name", "/models/x"))
    assert (found.served.models, [code for code, *_ in found.remarks]) == (("/models/x",), ["no-model-argument"])


def test_presets_of_llama_cpp_serve_a_model_for_each_section() -> None:
    presets = "version = 1\n[*]\nc = 1\n[org/a:Q4]\nhf = org/a\n; comment\n[b]\nm = /b.gguf\nx\n"
    volumes = [{"name": "v", "configMap": {"name": "files"}}]
    one = container(
        "x", LLAMA, None, ["--models-preset", "/etc/p.ini"], volumeMounts=[{"name": "v", "mountPath": "/etc"}]
    )
    assert serve(one, maps={"files": {"p.ini": presets}}, volumes=volumes).served.models == ("org/a:Q4", "b")
    for content, is_absent in ({}, True), ({"p.ini": "[b\n"}, False):
        ((code, message, _),) = serve(one, maps={"files": content}, volumes=volumes).remarks
        assert (code, "/etc/p.ini" in message) == ("unreadable-model", is_absent)


def test_config_maps_tell_variables_and_files() -> None:
    maps = {"env": {"MODEL": "org/m"}, "files": {"c.yaml": "model: org/f\nserved-model-name: [f1, f2]\nport: 9000\n"}}
    reference = {"name": "MODEL", "valueFrom": {"configMapKeyRef": {"name": "env", "key": "MODEL"}}}
    assert serve(vllm("$(MODEL)", env=[reference]), maps=maps).served.models == ("org/m",)
    assert serve(vllm("$(MODEL)", envFrom=[{"configMapRef": {"name": "env"}}]), maps=maps).served.models == ("org/m",)
    volumes = [{"name": "v", "configMap": {"name": "files"}}]
    mounted = vllm("--config", "/etc/c.yaml", volumeMounts=[{"name": "v", "mountPath": "/etc"}])
    found = serve(mounted, maps=maps, volumes=volumes)
    assert (found.served.models, found.ports.numbers) == (("f1", "f2"), (9000,))


@pytest.mark.parametrize(
    ("ports", "scheme", "codes", "engine", "init"),
    [
        (
            (8000,),
            "http",
            [],
            vllm("m", "--port", "8200"),
            [sidecar("--port=8000", "--vllm-port=8200", "--secure-proxy=false")],
        ),
        (
            (54321,),
            "http",
            [],
            vllm("m", "--port", "8200"),
            [sidecar("--port=54321", "--vllm-port=8200", "--secure-proxy=false")],
        ),
        ((8000,), "https", [], vllm("m", "--port", "8200"), [sidecar("--vllm-port=8200")]),
        (
            (8000,),
            "http",
            ["port-conflict"],
            vllm("m", "--port", "8000"),
            [sidecar("--port=8000", "--vllm-port=8200", "--secure-proxy=false")],
        ),
        (
            (8000,),
            "http",
            ["port-conflict"],
            vllm("m", "--port", "8300"),
            [sidecar("--port=8000", "--model-server-port=8200", "--secure-proxy=false")],
        ),
        (
            tuple(range(8000, 8004)),
            "http",
            [],
            vllm("m", "--port", "8200"),
            [sidecar("--port=8000", "--data-parallel-size=4", "--secure-proxy=false")],
        ),
        ((8000,), "http", [], vllm("m", ports=[{"containerPort": 9000}, {"containerPort": 9001}]), []),
        ((9000,), "http", [], vllm("m", ports=[{"containerPort": 9000}]), []),
        (
            (9001,),
            "http",
            [],
            vllm("m", ports=[{"containerPort": 9000, "name": "x"}, {"containerPort": 9001, "name": "http"}]),
            [],
        ),
        ((8000,), "http", [], vllm("m", "--port", "8000", ports=[{"containerPort": 8200, "name": "vllm"}]), []),
        (
            (8000, 8001),
            "http",
            [],
            vllm("m", "--data-parallel-multi-port-external-lb", "--data-parallel-size-local", "2"),
            [],
        ),
        ((8000,), "http", [], vllm("m", "--data-parallel-hybrid-lb", "--data-parallel-size-local", "2"), []),
        ((8000,), "https", [], vllm("m", "--ssl-certfile", "/c", "--ssl-keyfile", "/k"), []),
        ((), "http", ["unreadable-port"], vllm("m", "--port", "$(PORT)", ports=[{"containerPort": 9000}]), []),
        ((), "http", ["unreadable-port"], container("x", "", ["sh", "-c"], ["vllm serve m --port $((8000+1))"]), []),
        (
            (),
            "http",
            ["unreadable-port"],
            vllm("m", "--data-parallel-multi-port-external-lb", "--data-parallel-size-local", "$(RANKS)"),
            [],
        ),
        ((), "http", ["unreadable-port"], vllm("m"), [sidecar("--port=$(PORT)", "--secure-proxy=false")]),
        ((), "http", ["unreadable-port"], vllm("m", "--port", "70000"), []),
        ((), "http", ["unreadable-port"], vllm("m", "--port", "x", ports=[{"containerPort": 9000}]), []),
        (
            (65534, 65535),
            "http",
            [],
            vllm("m", "--port=65534", "--data-parallel-multi-port-external-lb", f"--data-parallel-size-local={10**20}"),
            [],
        ),
        # Behind the sidecar the engine's own port does not matter.
        ((8000,), "http", [], vllm("m", "--port", "$(PORT)"), [sidecar("--secure-proxy=false")]),
        ((8000,), "https", [], vllm("m", readinessProbe={"httpGet": {"port": 8000, "scheme": "HTTPS"}}), []),
    ],
)
def test_ports(ports: tuple[int, ...], scheme: str, codes: list[str], engine: Any, init: list[Any]) -> None:
    found = serve(engine, init=init)
    assert (found.ports.numbers, found.ports.scheme, [problem[0] for problem in found.remarks]) == (
        ports,
        scheme,
        codes,
    )


def test_active_ports_annotation() -> None:
    assert serve(vllm("m"), annotations={"llm-d.ai/active-ports": "8001, 8000"}).ports.numbers == (8000, 8001)


def test_adapters_loaded_at_run_time() -> None:
    config = (
        "vLLMLoRAConfig:\n  ensureExist:\n    models:\n    - id: a1\n      source: x\n    - id: a2\n      source: y\n"
    )
    syncer = container("lora-adapter-syncer", "registry.k8s.io/lora-syncer:v1", restartPolicy="Always")
    volumes = [{"name": "v", "configMap": {"name": "adapters"}}]
    found = serve(vllm("m"), init=[syncer], volumes=volumes, maps={"adapters": {"configmap.yaml": config}})
    assert (found.served.models, found.served.dynamic) == (("m",), ("a1", "a2"))
    absent = serve(vllm("m"), init=[syncer], volumes=volumes)
    assert [problem[0] for problem in absent.remarks] == ["dynamic-lora"]


SECRET = {"valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}}


@pytest.mark.parametrize(
    ("key", "one"),
    [
        ("option --api-key", vllm("m", "--api-key", "sk-1")),
        ("env VLLM_API_KEY", vllm("m", env=[{"name": "VLLM_API_KEY", **SECRET}])),
        ("env VLLM_API_KEY", vllm("m", env=[{"name": "VLLM_API_KEY", "value": "sk-1"}])),
        (None, vllm("m", env=[{"name": "VLLM_API_KEY", "value": ""}])),
        (None, vllm("m", env=[{"name": "LLAMA_API_KEY", "value": "sk-1"}])),
        ("env LLAMA_API_KEY", container("x", LLAMA, None, ["-m", "m"], env=[{"name": "LLAMA_API_KEY", **SECRET}])),
        ("option --api-key-file", container("x", LLAMA, None, ["-m", "m", "--api-key-file", "/f"])),
        ("option --api-key", container("x", "y", ["sglang", "serve"], ["--model-path", "m", "--api-key=sk-1"])),
    ],
)
def test_where_a_key_is_set_and_never_the_key(key: str | None, one: Any) -> None:
    found = serve(one)
    assert found.key == key
    assert "sk-1" not in repr(found)


def test_several_servers_in_a_pod() -> None:
    other = container("b", "y", ["sglang", "serve"], ["--model-path", "n"])
    found = serve(vllm("m"), other)
    assert (found.barred, [code for code, *_ in found.remarks]) == (True, ["shared-pod"])
    assert "containers vllm and b" in found.remarks[0][1]
    ranks = [container(f"r{port}", "y", ["vllm", "serve", "m"], ["--port", port]) for port in (8001, 8000)]
    same = serve(*ranks)
    assert (same.barred, same.ports.numbers, same.served.models) == (False, (8000, 8001), ("m",))


@pytest.mark.parametrize(
    ("mode", "init", "role", "codes"),
    [
        ("decode", [], "decode", ["roles-unjoined"]),
        ("decode", [sidecar("--secure-proxy=false")], "decode", []),
        ("prefill", [], "prefill", []),
        ("null", [], None, []),
    ],
)
def test_halves_of_requests_need_a_sidecar(mode: str, init: Any, role: str | None, codes: list[str]) -> None:
    one = container("x", "y", ["sglang", "serve"], ["--model-path", "m", "--disaggregation-mode", mode])
    found = serve(one, init=init)
    assert (found.role, [code for code, *_ in found.remarks]) == (role, codes)
    assert found.barred is bool(codes)


def test_a_label_of_another_engine_than_the_command_starts() -> None:
    found = serve(vllm("m"), labels={"llm-d.ai/engine-type": "sglang"})
    assert (found.engine, [code for code, *_ in found.remarks]) == ("sglang", ["label-lies"])


def test_every_fact_has_evidence() -> None:
    found = serve(vllm("m", "--port", "1"), labels={"llm-d.ai/engine-type": "vllm"})
    assert found.evidence["engine"] == ("label llm-d.ai/engine-type = vllm", "container vllm command = vllm serve")
    assert found.evidence["models"] == ("argument = m",)
    assert found.evidence["ports"] == ("option --port = 1",)
