"""Two engines with the same pod labels and wrong pools: each printed fix, followed literally, leads to their routes."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.golden import DATA

from .bench import Bench
from .cases import ROUTING, SHARED, Case, ensure_namespaces, llmd_routes, objects, stream_of, user_shell
from .test_live import served, version_kind

SEED = SHARED / "seed-two-engines" / "objects.yaml"
CASES = [Case("shared-labels", DATA / "shared-labels" / "objects.yaml", ("-n", "llm"))]
if SEED.exists():
    CASES.append(Case("seed-two-engines", SEED, ("-n", "llm-d-multi-engine")))


@pytest.fixture(params=CASES, ids=lambda case: case.name)
def case(request: pytest.FixtureRequest) -> Case:
    found: Case = request.param
    return found


@pytest.fixture(params=["client-side", "server-side", "helm"])
def cluster(
    request: pytest.FixtureRequest, bench_oldest: Bench, places: dict[str, Path], case: Case, tmp_path: Path
) -> Iterator[Bench]:
    """The oldest API, which has the pools of both groups, with the objects of the case put there in each way."""
    kinds, namespace = served(bench_oldest), case.options[1]
    listed = [obj for obj in case.objects() if version_kind(obj) in kinds]
    for obj in listed:
        obj["metadata"].setdefault("namespace", namespace)
        tidy(obj)
    # Two releases of one chart render the same Secret.
    listed = list({(obj["kind"], obj["metadata"]["name"]): obj for obj in listed}.values())
    ensure_namespaces(bench_oldest, listed)
    stream = stream_of(listed)
    if request.param == "helm":
        for release in ("vllm", "sglang", "infra"):
            named = [obj for obj in listed if release_of(obj) == release]
            install(bench_oldest, places["helm"], namespace, release, stream_of(named), tmp_path / release)
    else:
        how = ["--server-side"] if request.param == "server-side" else ["--validate=ignore"]
        done = bench_oldest.kubectl.apply(stream, *how)
        assert done.returncode == 0, done.stderr
    yield bench_oldest
    bench_oldest.kubectl.must("delete", "--ignore-not-found", "--wait=false", "-f", "-", stdin=stream)
    bench_oldest.kubectl.must("delete", "secrets", "-l", "owner=helm", "-n", namespace)
    ours = f"{ROUTING},deployments,services,configmaps"
    bench_oldest.kubectl.must("delete", ours, "-A", "-l", "llmd-routes/instance", "--wait=false")


def release_of(obj: dict[str, Any]) -> str:
    """Return the release of an object: each engine has one, as in the guide."""
    return next((engine for engine in ("vllm", "sglang") if engine in obj["metadata"]["name"]), "infra")


def install(bench: Bench, helm: Path, namespace: str, release: str, stream: str, chart: Path) -> None:
    """Install objects as the release of a chart that holds them."""
    (chart / "templates").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("apiVersion: v2\nname: scene\nversion: 0.1.0\n")
    (chart / "scene.yaml").write_text(stream)
    # Read as a file, because what is in braces there is of others.
    (chart / "templates" / "all.yaml").write_text('{{ .Files.Get "scene.yaml" }}\n')
    command = [str(helm), "install", release, str(chart), f"--namespace={namespace}"]
    command += [f"--kubeconfig={bench.kubeconfig}", "--disable-openapi-validation"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def tidy(obj: dict[str, Any]) -> None:
    """Take out what server-side apply refuses: a field that this release does not know, and names of env twice."""
    if obj["kind"] == "Gateway":
        obj["spec"].pop("infrastructure", None)
    if obj["kind"] == "Deployment":
        for container in obj["spec"]["template"]["spec"]["containers"]:
            container["env"] = list({entry["name"]: entry for entry in container.get("env") or []}.values())


def fixes(stderr: str) -> list[str]:
    """Return the fixes of errors, in the printed order."""
    errors = stderr.partition("\nwarning: ")[0].partition("\ninfo: ")[0]
    return [line.removeprefix("  fix: ") for line in errors.splitlines() if line.startswith("  fix: ")]


def options_of(fix: str) -> tuple[str, ...]:
    """Return the option that a fix names, the first of alternatives; empty for a fix that changes the input."""
    option = re.match(r"(?:set .*; or pass |pass )?(--[a-z-]+)( [a-z0-9-]+/[a-z0-9-]+)?", fix)
    return tuple(f"{option[1]}{option[2] or ''}".split()) if option else ()


def follow(fix: str, cluster: Bench, case: Case, tmp_path: Path) -> None:
    """Do what a fix says to the input."""
    if fix.startswith("llmd-routes label "):
        done = user_shell(fix, cluster, tmp_path)
        assert done.returncode == 0, done.stderr
    else:
        port = re.fullmatch(r"set --port (\d+) in the arguments of the engine", fix)
        assert port, fix
        set_port(port[1], cluster, case.options[1])


def set_port(port: str, cluster: Bench, namespace: str) -> None:
    """Set the port of the SGLang engine, whose sidecar has the port that it was started with."""
    for obj in json.loads(cluster.kubectl.must("get", "deployments", "-n", namespace, "-o", "json"))["items"]:
        text = json.dumps(obj["spec"]["template"]["spec"]["containers"])
        if "sglang.launch_server" in text:
            changed = re.sub(r'(--port"?,? ?"?=?)54321', rf"\g<1>{port}", text)
            assert changed != text
            patch = [{"op": "replace", "path": "/spec/template/spec/containers", "value": json.loads(changed)}]
            name = obj["metadata"]["name"]
            cluster.kubectl.must("patch", "deployment", name, "-n", namespace, "--type=json", "-p", json.dumps(patch))


def test_each_fix_is_needed_and_together_they_lead_to_routes(cluster: Bench, case: Case, tmp_path: Path) -> None:
    refused = llmd_routes("generate", *case.options, bench=cluster)
    assert (refused.returncode, refused.stdout) == (2, "")
    steps = fixes(refused.stderr)
    assert len(steps) == len(set(steps))
    chosen = {step: option for step in steps if (option := options_of(step))}
    every = [word for words in chosen.values() for word in words]
    assert llmd_routes("generate", *case.options, *every, bench=cluster).returncode == 2
    for step in steps:
        if step not in chosen:
            follow(step, cluster, case, tmp_path)
    for step in chosen:
        rest = [word for other, words in chosen.items() if other != step for word in words]
        assert llmd_routes("generate", *case.options, *rest, bench=cluster).returncode == 2, step
    again = llmd_routes("label", "-n", case.options[1], bench=cluster)
    assert (again.returncode, again.stdout) == (0, "")
    assert again.stderr == "no label is missing: every ModelService has a unique pod selector\n"
    made = llmd_routes("generate", *case.options, *every, bench=cluster)
    assert made.returncode == 0, made.stderr
    assert {"weak-selector", "port-conflict", "cross-selection", "mixed-pool"}.isdisjoint(codes(made.stderr))
    done = cluster.kubectl.apply(made.stdout, "--validate=strict")
    # kubectl warns of the pools that it did not create itself.
    unexpected = [line for line in done.stderr.splitlines() if "missing the kubectl.kubernetes.io/last" not in line]
    assert (done.returncode, unexpected) == (0, [])
    proven(made.stdout, cluster, replace(case, options=(*case.options, *every)))


def codes(stderr: str) -> set[str]:
    return set(re.findall(r"\[([a-z-]+)\]$", stderr, re.M))


def proven(text: str, cluster: Bench, case: Case) -> None:
    """Each engine has one pool, the pools take no pod of each other, and a second run prints the same."""
    printed = objects(text)
    pools = [obj for obj in printed if obj["kind"] == "InferencePool"]
    assert len(pools) == 2
    templates = deployments(cluster, case.options[1])
    taken = [{name for name, labels in templates.items() if selects(pool, labels)} for pool in pools]
    assert all(len(names) == 1 for names in taken)
    assert taken[0] != taken[1]
    again = llmd_routes("generate", *case.options, bench=cluster)
    assert (again.returncode, again.stdout) == (0, text), again.stderr


def deployments(cluster: Bench, namespace: str) -> dict[str, dict[str, str]]:
    listed = json.loads(cluster.kubectl.must("get", "deployments", "-n", namespace, "-o", "json"))["items"]
    return {obj["metadata"]["name"]: obj["spec"]["template"]["metadata"]["labels"] for obj in listed}


def selects(pool: dict[str, Any], labels: dict[str, str]) -> bool:
    # In v1alpha2 the selector is the labels themselves.
    selector = pool["spec"]["selector"]
    return bool(selector.get("matchLabels", selector).items() <= labels.items())
