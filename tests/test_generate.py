"""`generate` as a user meets it: what stops it, what it prints, and that what it prints reads back as planned."""

from __future__ import annotations

import io
import json
import os
import random
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

from llmd_routes.cli import main

from .golden import DATA, ERRORS, arguments, folders, held, run
from .test_cases import CASES

EXAMPLE = DATA / "two-engines" / "objects.yaml"


def loaded(text: str) -> list[dict[str, Any]]:
    return [obj for obj in YAML(typ="safe", pure=True).load_all(text) if obj]


def example(name: str) -> str:
    return (DATA / name / "objects.yaml").read_text(encoding="utf-8")


def edited(name: str, change: Callable[[list[dict[str, Any]]], object]) -> str:
    objects = loaded(example(name))
    change(objects)
    return "\n---\n".join(json.dumps(obj) for obj in objects)


def without(kind: str) -> Callable[[list[dict[str, Any]]], object]:
    def change(objects: list[dict[str, Any]]) -> object:
        objects[:] = [obj for obj in objects if obj["kind"] != kind]
        return None

    return change


def unreadable(objects: list[dict[str, Any]]) -> None:
    for obj in objects:
        if obj["kind"] == "Deployment" and obj["metadata"]["name"] == "a":
            obj["spec"]["template"]["spec"]["containers"][0]["args"] = ["$(MODEL)"]


def hostile_label(objects: list[dict[str, Any]]) -> None:
    for obj in objects:
        if obj["kind"] == "Deployment" and obj["metadata"]["name"] == "a":
            obj["spec"]["template"]["metadata"]["labels"] = {"llm-d.ai/guide": "a b\n"}


def of_class(name: str) -> Callable[[list[dict[str, Any]]], object]:
    return lambda objects: [o["spec"].update(gatewayClassName=name) for o in objects if o["kind"] == "Gateway"]


def twice(objects: list[dict[str, Any]]) -> None:
    objects.append({**objects[0], "spec": {"gatewayClassName": "other", "listeners": []}})


NO_SERVICE = "error: no ModelService in the input\n  fix: check -f and -n\n"
ELSEWHERE = (
    "error: no ModelService in this namespace; the input has some in llm-d-multi-engine\n"
    "  fix: pass -n llm-d-multi-engine\n"
)
NO_GATEWAY = (
    "error: the input contains no Gateway\n  fix: add its manifest, or pass --gateway NS/NAME --implementation NAME\n"
)
TABLE: list[tuple[str, list[str], str, str]] = [
    ("empty stdin", [], "", NO_SERVICE),
    ("no ModelService", ["-n", "elsewhere", "--instance", "x"], example("two-engines"), ELSEWHERE),
    ("no Gateway", [], edited("pool-reused", without("Gateway")), NO_GATEWAY),
    (
        "several Gateways",
        [],
        example("several-gateways"),
        "error: the input contains 2 Gateways\n"
        "  fix: pass --gateway llm/inference-gateway or --gateway llm/other-gateway\n",
    ),
    (
        "kgateway",
        [],
        example("kgateway"),
        "error: ModelService llm/a: no stand-alone router and no Service selects exactly its pods, and routes reference"
        " Services: kgateway no longer routes to InferencePools (a Gateway of class agentgateway does)\n"
        "  fix: install the chart llm-d-router-standalone for it, or create a Service that selects its pods\n",
    ),
    (
        "unknown class",
        [],
        edited("pool-reused", of_class("mine")),
        "error: Gateway llm/inference-gateway: class mine belongs to no known implementation\n"
        "  fix: add its GatewayClass to the input, or pass --implementation\n",
    ),
    (
        "the same pair twice",
        [],
        example("same-pair-twice"),
        "error: ModelService llm/a and ModelService llm/b: both serve org/model as vllm\n"
        "  fix: set a distinct llm-d.ai/owned-by label on their pods\n",
    ),
    (
        "unknown engine",
        ["--gateway", "inference-gateway"],
        edited("unknown-engine", lambda objects: objects.__delitem__(slice(1, 5))),
        "error: the engine is unknown [unknown-engine]\n"
        "  ModelService llm/b: not routed: no label, command, image or container name identifies its engine\n"
        "  fix: set the pod label llm-d.ai/engine-type (vllm, sglang, ...)\n",
    ),
    (
        "unreadable model",
        [],
        edited("pool-reused", unreadable),
        "error: the model name is unknown [unreadable-model]\n"
        "  ModelService llm/a: not routed: the served name $(MODEL) has no known value\n"
        "  fix: write the served name in the arguments, or add the ConfigMap with the value\n",
    ),
    (
        "invalid YAML",
        [],
        "kind: A\napiVersion: v1\n  b: c\n",
        "error: -:3: invalid YAML: mapping values are not allowed in this context\n  fix: correct the text at"
        " this line\n",
    ),
    (
        "not an object",
        [],
        "a: b\n",
        "error: -:1: not a Kubernetes object: no apiVersion and kind\n  fix: pass manifests only\n",
    ),
    (
        "conflicting duplicates",
        [],
        edited("pool-reused", twice),
        "error: Gateway llm/inference-gateway: defined differently in -:1 and -:11\n  fix: keep one of them\n",
    ),
    (
        "a label that no server takes",
        ["--epp", "deploy"],
        edited("agentgateway", hostile_label),
        "error: InferencePool llm/a: selects by llm-d.ai/guide='a b\\n', which is not a valid label\n",
    ),
    (
        "a wrong option beside a wrong input",
        ["--route-timeout", "soon", "--path-prefix", "v1"],
        "",
        "error: --path-prefix v1: invalid path\n  fix: use a path such as /v1\n"
        "error: --route-timeout soon: invalid Gateway API duration\n  fix: use a duration such as 30s, 1h30m or 0s\n"
        + NO_SERVICE,
    ),
]


@pytest.mark.parametrize(("options", "stdin", "stderr"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_table(
    options: list[str],
    stdin: str,
    stderr: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    out = tmp_path / "out.yaml"
    out.write_text("before")
    monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
    assert main(["generate", "-f", "-", *options, "--output-file", str(out)]) == 2
    assert capsys.readouterr() == ("", stderr)
    assert out.read_text() == "before"


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "binary.yaml").write_bytes(b"\x7fELF\xff\xfe\n")
    done = run("generate", "-f", f"{tmp_path}/binary.yaml", "-f", f"{tmp_path}/missing.yaml")
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr == (
        f"error: {tmp_path}/binary.yaml:1: not UTF-8\n  fix: save it as UTF-8\n"
        f"error: {tmp_path}/missing.yaml: no such file or directory\n  fix: check the path\n"
    )


def test_no_separating_label() -> None:
    done = run("generate", "-f", str(DATA / "shared-labels" / "objects.yaml"))
    assert (done.code, done.stdout) == (2, "")
    heads = [line for line in done.stderr.splitlines() if not line.startswith(" ")]
    assert heads == [
        "error: 2 ModelServices cannot be told apart [cross-selection]",
        "error: an InferencePool selects pods of several workloads [mixed-pool]",
        "error: two containers of a pod need the same port [port-conflict]",
    ]
    assert "  ModelService llm/ms-sglang, llm/ms-vllm: their pods carry the same labels" in done.stderr
    assert "select the pods of all of them, on port 8000 instead of 54321\n" in done.stderr


def test_the_demo() -> None:
    done = run("generate", "-f", str(EXAMPLE))
    kinds = [obj["kind"] for obj in loaded(done.stdout)]
    assert kinds == ["InferencePool", "InferencePool", "DestinationRule", "DestinationRule", "EnvoyFilter", "HTTPRoute"]


def test_json_says_the_same_as_yaml() -> None:
    as_yaml, as_json = run("generate", "-f", str(EXAMPLE)), run("generate", "-f", str(EXAMPLE), "-o", "json")
    assert json.loads(as_json.stdout)["items"] == loaded(as_yaml.stdout)
    assert as_json.stderr == as_yaml.stderr


def test_a_file_holds_what_stdout_would(tmp_path: Path) -> None:
    done = run("generate", "-f", str(EXAMPLE), "--output-file", str(tmp_path / "out.yaml"))
    assert (done.code, done.stdout) == (0, "")
    assert (tmp_path / "out.yaml").read_text().endswith(run("generate", "-f", str(EXAMPLE)).manifests)


def test_ctrl_c_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    scene, out = tmp_path / "scene.yaml", tmp_path / "out.yaml"
    os.mkfifo(scene)
    out.write_text("before")
    command = [sys.executable, "-m", "llmd_routes", "generate", "-f", str(scene), "--output-file", str(out)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    with scene.open("w"):  # returns once it reads, and is far from done
        process.send_signal(signal.SIGINT)
        stdout, stderr = process.communicate()
    assert (process.returncode, stdout, stderr) == (130, "", "")
    assert out.read_text() == "before"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.yaml", "scene.yaml"]


GENERATED = [folder for folder in folders() if (folder / "exit.txt").read_text() == "0\n"]


@pytest.mark.parametrize("folder", GENERATED, ids=lambda folder: folder.name)
def test_a_second_run_over_its_own_output_prints_the_same(folder: Path, tmp_path: Path) -> None:
    first = run("generate", "-f", str(folder / "objects.yaml"), *arguments(folder))
    (tmp_path / "out.yaml").write_text(first.stdout)
    again = run("generate", "-f", str(folder / "objects.yaml"), "-f", str(tmp_path / "out.yaml"), *arguments(folder))
    assert (again.code, again.manifests) == (0, first.manifests)


@settings(max_examples=60)
@given(st.sampled_from(folders()), st.randoms(use_true_random=False))
def test_the_order_of_the_input_does_not_matter(folder: Path, order: random.Random) -> None:
    objects = loaded(example(folder.name))
    order.shuffle(objects)
    for obj in objects:
        rearrange(obj, order)
    shuffled = "\n---\n".join(json.dumps(obj) for obj in objects)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", io.StringIO(shuffled))
        done = run("generate", "-f", "-", *arguments(folder))
    text = done.stdout.replace(" -f - ", f" -f tests/data/{folder.name}/objects.yaml ")
    text = text.replace(" -f -\n", f" -f tests/data/{folder.name}/objects.yaml\n", 1)
    assert held(folder, text) == (folder / "stdout.yaml").read_text(encoding="utf-8")
    assert done.stderr.replace(" -f - ", " -f objects.yaml ") == (folder / "stderr.txt").read_text(encoding="utf-8")


def rearrange(value: Any, order: random.Random) -> None:
    """Shuffle the keys of all mappings, whose order has no meaning."""
    if isinstance(value, dict):
        pairs = list(value.items())
        order.shuffle(pairs)
        value.clear()
        value.update(pairs)
        for child in value.values():
            rearrange(child, order)
    elif isinstance(value, list):
        for child in value:
            rearrange(child, order)


ACCEPTED = [
    ("helmfile-v0-6-pd", ["-n", "llm-d-pd"], "gaie-pd"),
    ("simulator-v0-3", [], "gaie-sim"),
    ("wide-ep-lws", [], "wide-ep-lws"),
    ("chart-v0-2-all-in-one", ["--gateway", "inference-gateway", "--implementation", "istio", "-n", "default"], ""),
]


@pytest.mark.skipif(not CASES.exists(), reason="the shared cases are not beside this clone")
@pytest.mark.parametrize(("name", "options", "pool"), ACCEPTED, ids=[row[0] for row in ACCEPTED])
def test_real_installations_are_routed_to_the_pools_they_have(name: str, options: list[str], pool: str) -> None:
    done = run("generate", "-f", str(CASES / name / "objects.yaml"), *options)
    printed = loaded(done.stdout)
    assert done.code == 0, done.stderr
    assert "InferencePool" not in {obj["kind"] for obj in printed}
    (route,) = [obj for obj in printed if obj["kind"] == "HTTPRoute"]
    backends = [b["name"] for rule in route["spec"]["rules"] for b in rule.get("backendRefs", [])]
    assert set(backends) == {pool or "pd-llm-d-modelservice"}


@pytest.mark.skipif(not CASES.exists(), reason="the shared cases are not beside this clone")
def test_everything_at_once_is_refused_in_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [(path).read_text(encoding="utf-8") for path in sorted(CASES.glob("*/objects.yaml"))]
    monkeypatch.setattr("sys.stdin", io.StringIO("\n---\n".join(texts)))
    done = run("generate", "-f", "-")
    assert (done.code, done.stdout) == (2, "")
    assert all(map(ERRORS.fullmatch, done.stderr.splitlines()))
    assert len(done.stderr.splitlines()) > 5
