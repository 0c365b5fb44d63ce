"""The endpoint picker that `--epp deploy` emits runs as emitted: its arguments, configuration and permissions."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.generator.objects import deployment, vllm

from .apiserver import write_kubeconfig
from .bench import Bench, Toolchain
from .cases import ensure_namespaces, gateway, llmd_routes, objects
from .processes import Processes

DEADLINE = 60.0  # seconds
NAMESPACE = "deployed"
CONFIG = "--config-file=/config/config.yaml"
SCENE = [deployment("ms-a", {"app": "a"}, vllm("org/a"), namespace=NAMESPACE), gateway(NAMESPACE, "gw")]


@pytest.fixture
def printed(bench_newest: Bench, tmp_path: Path) -> Iterator[dict[str, dict[str, Any]]]:
    """What `--epp deploy` prints for one service, by kind, applied to a server that holds the service."""
    file = tmp_path / "scene.json"
    file.write_text("\n---\n".join(map(json.dumps, SCENE)))
    made = llmd_routes("generate", "-f", str(file), "--epp", "deploy")
    assert made.returncode == 0, made.stderr
    listed = objects(made.stdout)
    ensure_namespaces(bench_newest, listed)
    done = bench_newest.kubectl.apply(made.stdout, "--validate=strict")
    assert (done.returncode, done.stderr) == (0, "")
    yield {obj["kind"]: obj for obj in listed}
    bench_newest.kubectl.must("delete", "--wait=false", "-f", "-", stdin=made.stdout)


def test_it_runs_as_emitted(
    printed: dict[str, dict[str, Any]], bench_newest: Bench, bench_toolchain: Toolchain, tmp_path: Path
) -> None:
    account = printed["ServiceAccount"]["metadata"]["name"]
    token = bench_newest.kubectl.must("create", "token", account, "-n", NAMESPACE).strip()
    kubeconfig = tmp_path / "kubeconfig"
    write_kubeconfig(kubeconfig, bench_newest.server, bench_newest.certificate, token)
    config = tmp_path / "config.yaml"
    config.write_text(printed["ConfigMap"]["data"]["config.yaml"])
    container = printed["Deployment"]["spec"]["template"]["spec"]["containers"][0]
    assert CONFIG in container["args"]
    words = [f"--config-file={config}" if word == CONFIG else word for word in container["args"]]
    with Processes(tmp_path) as processes:
        processes.start("epp", bench_toolchain.programs["epp"], *words, env={"KUBECONFIG": str(kubeconfig)})
        log = wait_for_service(processes)
        with urllib.request.urlopen("http://127.0.0.1:9090/metrics", timeout=5) as answer:
            metrics = answer.read().decode()
    assert "forbidden" not in log, log
    assert "Reconciling InferencePool" in log
    assert "inference_extension_info" in metrics


def wait_for_service(processes: Processes) -> str:
    """Return the log of the EPP once it serves a gateway, which it does when it has read its pool."""
    deadline = time.monotonic() + DEADLINE
    while '"name":"ext-proc","port":9002' not in (log := processes.tail("epp", 1000)):
        processes.check()
        assert time.monotonic() < deadline, log
        time.sleep(0.1)
    return log
