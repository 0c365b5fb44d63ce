"""`make scene` as a person uses it: what it prints is pasted into a shell."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.bench.waiting import until

from .gateway import MODEL, Gateway
from .guide import blocks, check
from .programs import ROOT

COMMAND = (sys.executable, "-m", "tests.bench.scene")


def run(*words: str) -> subprocess.CompletedProcess[str]:
    # As in a shell with the kubeconfig of an earlier scene.
    environment = os.environ | {"KUBECONFIG": "/nowhere", "LLMD_ROUTES_GATEWAY": "other"}
    return subprocess.run([*COMMAND, *words], env=environment, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(params=["two-engines", "empty"])
def printed(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """What the start of a scene prints; it is ended afterwards, with everything in it."""
    folder = tmp_path / "scene"
    started = run("up", request.param, str(folder))
    assert started.returncode == 0, started.stderr
    pids = [int(pid) for pid in (folder / "pids").read_text().split()]
    again = run("up", request.param, str(folder))
    assert (again.returncode, again.stderr) == (
        1,
        "bench: error: a scene runs already; end it with `make scene-down`\n",
    )
    yield started.stdout
    assert run("down", str(folder)).returncode == 0
    until(lambda: not any(map(is_alive, pids)), "the scene has ended")
    assert run("down", str(folder)).returncode == 0


def is_alive(pid: int) -> bool:
    """Return whether a process runs; one that has ended may wait for its parent to hear of it."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def shell(script: str) -> str:
    done = subprocess.run(
        ["bash", "-eu"], input=script, capture_output=True, text=True, timeout=300, check=False, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("printed", ["two-engines", "controller"], indirect=True)
def test_what_is_printed_works_in_a_shell(printed: str) -> None:
    before, _, after = shell(printed).partition("\n\n")
    assert before.startswith("HTTP/1.1 404 ")
    check_calls(after)


@pytest.mark.parametrize("printed", ["standalone"], indirect=True)
def test_stand_alone_routers_get_one_endpoint(printed: str, tmp_path: Path) -> None:
    said = shell(printed)
    assert "chat-sglang-proxy:8081" in said.partition("configmap/llmd-routes created")[0]
    check_calls(said)
    address = re.search(r"GATEWAY=http://([\d.]+):(\d+)", printed)
    assert address
    for block in blocks():
        check(block, Gateway(address[1], int(address[2])), tmp_path)


def check_calls(said: str) -> None:
    """Assert the answers to the calls that are printed."""
    *_, vllm, body, header, query, models, unknown = split(said)
    assert vllm["id"].startswith("chatcmpl-")
    assert [each["metadata"] for each in (body, header, query)] == [{"weight_version": "default"}] * 3
    assert [entry["owned_by"] for entry in models["data"]] == ["sglang", "vllm"]
    assert unknown["error"]["code"] == "model_not_found"


def split(text: str) -> list[dict[str, Any]]:
    """Return the JSON objects at the end of a text, which stand side by side."""
    decoder, found = json.JSONDecoder(), []
    text = text[text.index("{") :]
    while text:
        value, end = decoder.raw_decode(text)
        found.append(value)
        text = text[end:].lstrip()
    return found


@pytest.mark.long  # test_helmfile.py runs the helmfile, and test_models.py the guide's calls
@pytest.mark.parametrize("printed", ["empty"], indirect=True)
def test_an_empty_scene_takes_the_helmfile(printed: str, tmp_path: Path) -> None:
    """The commands of the page, and between them the calls of the guide as they stand there."""
    assert shell(f"{printed}\nkubectl get gatewayclass istio -o name; kubectl get pods -A -o name") == (
        "gatewayclass.gateway.networking.k8s.io/istio\n"
    )
    page = (ROOT / "docs" / "how-to" / "scene.md").read_text(encoding="utf-8").partition("\n## An empty one\n")[2]
    sync, calls, destroy = re.findall(r"(?:^    .*\n)+", page, re.M)
    shell(f"{printed}\n{sync}")
    served, answer = split(shell(f"{printed}\n{calls}"))
    assert [(entry["id"], entry["owned_by"]) for entry in served["data"]] == [(MODEL, "sglang"), (MODEL, "vllm")]
    assert answer["metadata"] == {"weight_version": "default"}
    address = re.search(r"GATEWAY=http://([\d.]+):(\d+)", printed)
    assert address
    for block in blocks():
        check(block, Gateway(address[1], int(address[2])), tmp_path)
    shell(f"{printed}\n{destroy}")
    left = f"{printed}\nkubectl get -A httproutes,inferencepools.inference.networking.k8s.io,envoyfilters -o name"
    assert shell(left) == ""
