"""Routes that are part of a helm release go with it: upgrade, rollback, uninstall, with real helm 3 and 4.

And two installations on one cluster do not touch each other.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.regenerate import ROOT

from .bench import Bench
from .cases import ROUTING, installation, llmd_routes, stream_of
from .test_places import PROGRAM
from .test_prune import allowlist

MODEL = "Qwen/Qwen2.5-0.5B-Instruct"


@dataclass
class Release:
    """A chart of the engines, in a folder, and what is beside them: in the cluster, and in `beside.yaml`."""

    bench: Bench
    helm: Path
    folder: Path
    namespace: str

    def write(self, *engines: str) -> None:
        """Let the chart render the workloads of these engines."""
        templates = self.folder / "chart" / "templates"
        templates.mkdir(parents=True, exist_ok=True)
        (templates.parent / "Chart.yaml").write_text("apiVersion: v2\nname: engines\nversion: 1.0.0\n")
        names = tuple(f"ms-{engine}-" for engine in engines)
        workloads, _ = installation(self.namespace)
        kept = [obj for obj in workloads if obj["metadata"]["name"].startswith(names)]
        (templates / "engines.yaml").write_text(stream_of(kept))

    def run(self, *argv: str) -> str:
        """Run helm in the namespace, which must not fail."""
        home = {f"HELM_{name}_HOME": str(self.folder / name.lower()) for name in ("CACHE", "CONFIG", "DATA")}
        path = f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"
        environment = {**os.environ, **home, "PATH": path, "KUBECONFIG": str(self.bench.kubeconfig)}
        command = [str(self.helm), *argv, "--namespace", self.namespace]
        done = subprocess.run(
            command, env=environment, cwd=self.folder, capture_output=True, text=True, check=False, timeout=120
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def pairs(self) -> list[tuple[str, str]]:
        """Return model and owner of the matches of our routes, which the label of the instance tells."""
        selector = f"llmd-routes/instance={self.namespace}.inference-gateway"
        listed = self.bench.kubectl.must("get", "httproutes", "-n", self.namespace, "-l", selector, "-o", "json")
        return sorted(
            (values["x-gateway-model-name"], values["x-owned-by"])
            for route in json.loads(listed)["items"]
            for rule in route["spec"]["rules"]
            for match in rule["matches"]
            if len(values := {header["name"]: header["value"] for header in match.get("headers", ())}) == 2
            if rule.get("backendRefs")
        )


@pytest.fixture
def installations(bench_newest: Bench, request: pytest.FixtureRequest) -> Iterator[tuple[str, str]]:
    """Two namespaces with the guide's installation, but for the engines."""
    # A namespace is not gone at once, so each test has its own.
    start = request.node.name.replace("_", "-").replace("[", "-").strip("]")[-30:].strip("-")
    kubectl, names = bench_newest.kubectl, (f"{start}-one", f"{start}-two")
    for namespace in names:
        kubectl.must("create", "namespace", namespace)
        _, beside = installation(namespace)
        kubectl.must("apply", "-f", "-", stdin=stream_of(beside))
    yield names
    for namespace in names:
        kubectl.must("delete", f"gateways,deployments,{ROUTING}", "--all", "-n", namespace)
        kubectl.must("delete", "namespace", namespace, "--wait=false")


def gateway(namespace: str) -> tuple[str, ...]:
    return ("-n", namespace, "--gateway", f"{namespace}/inference-gateway")


BOTH = [(MODEL, "default"), (MODEL, "sglang"), (MODEL, "vllm")]
ONE = [(MODEL, "default"), (MODEL, "vllm")]


@pytest.mark.parametrize("helm", ["helm", "helm4"])
def test_routes_go_with_their_release(
    installations: tuple[str, str], helm: str, bench_newest: Bench, places: dict[str, Path], tmp_path: Path
) -> None:
    namespace, _ = installations
    release = Release(bench_newest, places[helm], tmp_path, namespace)
    _, beside = installation(namespace)
    (tmp_path / "beside.yaml").write_text(stream_of(beside))
    with_routes = ["--post-renderer", "llmd-routes", "--post-renderer-args", "--filename=beside.yaml"]
    if helm == "helm4":
        release.run("plugin", "install", str(ROOT / "manifests" / "helm-plugin"))
    else:
        with_routes[2:2] = ["--post-renderer-args", "post-render"]
    release.write("vllm", "sglang")
    release.run("install", "engines", "chart", *with_routes)
    assert release.pairs() == BOTH
    # Ours are known as ours, whatever helm says of who keeps them.
    done = llmd_routes("diff", *gateway(namespace), bench=bench_newest)
    changed = {line[1:].strip() for line in done.stdout.splitlines() if re.match(r"[+-](?![+-]{2})", line)}
    assert changed == {f"app.kubernetes.io/managed-by: {who}" for who in ("Helm", "llmd-routes")}, done
    release.write("vllm")
    release.run("upgrade", "engines", "chart", *with_routes)
    assert release.pairs() == ONE
    release.run("rollback", "engines", "1")
    assert release.pairs() == BOTH
    release.run("uninstall", "engines")
    left = bench_newest.kubectl.must("get", ROUTING, "-n", namespace, "-l", "llmd-routes/instance", "-o", "name")
    assert left == ""


def test_two_installations_do_not_touch_each_other(
    installations: tuple[str, str], bench_newest: Bench, tmp_path: Path
) -> None:
    kubectl, file = bench_newest.kubectl, tmp_path / "routes.yaml"

    def applied(namespace: str) -> None:
        made = llmd_routes("generate", *gateway(namespace), "--output-file", str(file), bench=bench_newest)
        assert made.returncode == 0, made.stderr
        label = f"llmd-routes/instance={namespace}.inference-gateway"
        kubectl.must("apply", "-f", str(file), "-l", label, *allowlist())

    def versions(namespace: str) -> str:
        shown = "jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.resourceVersion}{'\\n'}{end}"
        return kubectl.must("get", ROUTING, "-n", namespace, "-o", shown)

    for namespace in installations:
        engines, _ = installation(namespace)
        kubectl.must("apply", "-f", "-", stdin=stream_of(engines))
        applied(namespace)
    one, two = installations
    before = versions(two)
    assert len(before.splitlines()) == 6
    # One of them changes, is pruned, and is removed; the other one stays as it is, to the write.
    kubectl.must("delete", "deployment", "-n", one, "ms-sglang-qwen2-5-0-5b-llm-d-modelservice-decode")
    applied(one)
    assert len(versions(one).splitlines()) == 4
    assert llmd_routes("diff", *gateway(two), bench=bench_newest).returncode == 0
    kubectl.must("delete", ROUTING, "-A", "-l", f"llmd-routes/instance={one}.inference-gateway")
    assert (versions(one), versions(two)) == ("", before)
    applied(two)
    assert versions(two) == before
