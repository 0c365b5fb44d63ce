"""None"""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.pods.servers import find_server
from tests.generator.objects import container, vllm
from tests.generator.pods.building import SERVING, pod, serve


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


def test_an_engine_whose_paths_begin_with_another() -> None:
    image, words = "ghcr.io/ggml-org/llama.cpp:server", ["-m", "/m.gguf", "-a", "name"]
    by_option = serve(container("x", image, None, [*words, "--api-prefix", "/llama/"]))
    by_variable = serve(container("x", image, None, words, env=[{"name": "LLAMA_ARG_API_PREFIX", "value": "/llama"}]))
    for server in (by_option, by_variable):
        (remark,) = server.remarks
        assert (remark[0], remark[2]) == ("path-prefix", "remove --api-prefix")
        assert "/llama/v1" in remark[1]
    assert serve(container("x", image, None, words)).remarks == ()


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


@pytest.mark.parametrize("image", ["own/thing:1", "vllm/vllm-openai:v1"])
def test_what_an_unknown_program_serves_is_of_no_engine(image: str) -> None:
    one = container("x", image, ["thing", "serve", "org/m"])
    found = serve(one, labels=SERVING)
    assert (found.engine, [code for code, *_ in found.remarks]) == (None, ["unknown-engine"])
    assert find_server(pod(one)) is None
    labelled = serve(one, labels={"llm-d.ai/engine-type": "vllm"})
    assert (labelled.engine, labelled.served.models) == ("vllm", ("org/m",))


def test_several_servers_in_a_pod() -> None:
    other = container("b", "y", ["sglang", "serve"], ["--model-path", "n"])
    found = serve(vllm("m"), other)
    assert (found.barred, [code for code, *_ in found.remarks]) == (True, ["shared-pod"])
    assert "containers vllm and b" in found.remarks[0][1]
    ranks = [container(f"r{port}", "y", ["vllm", "serve", "m"], ["--port", port]) for port in (8001, 8000)]
    same = serve(*ranks)
    assert (same.barred, same.ports.numbers, same.served.models) == (False, (8000, 8001), ("m",))


def test_a_label_of_another_engine_than_the_command_starts() -> None:
    found = serve(vllm("m"), labels={"llm-d.ai/engine-type": "sglang"})
    assert (found.engine, [code for code, *_ in found.remarks]) == ("sglang", ["label-lies"])


def test_every_fact_has_evidence() -> None:
    found = serve(vllm("m", "--port", "1"), labels={"llm-d.ai/engine-type": "vllm"})
    assert found.evidence["engine"] == ("label llm-d.ai/engine-type = vllm", "container vllm command = vllm serve")
    assert found.evidence["models"] == ("argument = m",)
    assert found.evidence["ports"] == ("option --port = 1",)
