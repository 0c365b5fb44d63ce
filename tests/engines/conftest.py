"""Fixtures of the checks with real engines: a cluster in which they run as pods, and scenes of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.bench.bench import find_toolchain
from tests.bench.conftest import bench_etcd, bench_report, bench_toolchain
from tests.bench.gobuild import SCENE
from tests.bench.network import is_open
from tests.bench.progress import Report
from tests.bench.scene.cluster import Cluster, open_cluster, read_scene
from tests.bench.scene.scene import Scene

from .install import ADAPTER, GGUF, MODEL, install

__all__ = ["bench_etcd", "bench_report", "bench_toolchain", "cluster", "guide"]
HOME = "engines"
ENGINES = ("llamacpp", "sglang", "vllm")
_LLAMA_SERVER = (
    f"[llama-server, -m, {GGUF}, --alias, '{MODEL},tiny', --host, 0.0.0.0, --port, '8080', -c, '4096', -t, '1']"
)


@pytest.fixture(scope="session")
def cluster(bench_etcd: str, tmp_path_factory: pytest.TempPathFactory, bench_report: Report) -> Iterator[Cluster]:
    """A cluster whose engines are real."""
    if not is_open():
        pytest.fail("pods need a network of their own: run `make engines`", pytrace=False)
    folder = tmp_path_factory.mktemp("engines")
    toolchain = find_toolchain(bench_report, SCENE)
    with open_cluster(toolchain, bench_etcd, folder, bench_report, install(bench_report)) as opened:
        yield opened


@pytest.fixture(scope="session")
def guide(cluster: Cluster) -> Iterator[Scene]:
    """The guide's two engines with an adapter, and llama.cpp with the same model under two names."""
    with _opened(cluster) as scene:
        scene.apply(scene.generate())
        scene.settle()
        yield scene


@contextmanager
def _opened(cluster: Cluster) -> Iterator[Scene]:
    scene = Scene(cluster, HOME)
    kubectl = cluster.bench.kubectl
    kubectl.must("apply", "-f", "-", stdin=_objects())
    scene.wait_ready()
    yield scene
    kubectl.must("delete", "namespace", HOME, "--wait=false")


def _objects() -> str:
    """Return the objects of the scene: what the file has of SGLang once more for llama.cpp."""
    documents = read_scene("two-engines", HOME).split("\n---\n")
    further = [document.replace("sglang", "llamacpp") for document in documents if "sglang" in document]
    return "\n---\n".join([*map(_with_adapter, documents), *map(_as_llamacpp, further)])


def _with_adapter(document: str) -> str:
    return document.replace(
        "--served-model-name, Qwen/Qwen2.5-0.5B-Instruct]",
        f"--served-model-name, {MODEL}, --enable-lora, --lora-modules, {ADAPTER}={ADAPTER}]",
    )


def _as_llamacpp(document: str) -> str:
    document = document.replace("lmsysorg/llamacpp:v0.5.4", "ghcr.io/ggml-org/llama.cpp:server")
    lines = document.replace("containerPort: 30000", "containerPort: 8080").splitlines()
    start = "          command: [python3"
    return "\n".join(f"          command: {_LLAMA_SERVER}" if line.startswith(start) else line for line in lines)
