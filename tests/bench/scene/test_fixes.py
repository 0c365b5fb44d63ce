"""The guide's broken installation: the tutorial, and the fixes that it prints, make both engines answer."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bench.cases import user_shell
from tests.bench.waiting import until
from tests.regenerate import ROOT

from .cluster import Cluster, read_scene
from .doctor import diagnosis
from .scene import GATEWAY, Scene

NAMESPACE = "fixes"
PAGE = ROOT / "docs" / "tutorial" / "first-routes.md"


@pytest.fixture(scope="module")
def scene(cluster: Cluster) -> Iterator[Scene]:
    """The guide's engines with the same pod labels, under two pools that select both, on a port of neither."""
    found = Scene(cluster, NAMESPACE)
    objects = re.sub(r", llm-d\.ai/engine-type: \w+\}", "}", read_scene("two-engines", NAMESPACE))
    kubectl = cluster.bench.kubectl
    kubectl.must("apply", "-f", "-", stdin="\n---\n".join([objects, *map(chart_pool, ("vllm", "sglang"))]))
    found.wait_ready()
    yield found
    kubectl.must("delete", "namespace", NAMESPACE, "--wait=false")


def chart_pool(engine: str) -> str:
    """Return the InferencePool of a chart of the guide."""
    spec = {
        "selector": {"matchLabels": {"llm-d.ai/inference-serving": "true"}},
        "targetPorts": [{"number": 8200}],
        "endpointPickerRef": {"name": f"gaie-{engine}-qwen2-5-0-5b-epp", "port": {"number": 9002}},
    }
    metadata = {"name": f"gaie-{engine}-qwen2-5-0-5b", "namespace": NAMESPACE}
    pool = {"apiVersion": "inference.networking.k8s.io/v1", "kind": "InferencePool", "metadata": metadata, "spec": spec}
    return json.dumps(pool)


def test_the_printed_fixes_and_the_tutorial_make_both_engines_answer(scene: Scene, tmp_path: Path) -> None:
    """The commands of docs/tutorial/first-routes.md, as they stand there, in their order."""
    look, listed, discover, label, wait, generate, models, vllm, sglang = commands()
    shell = Shell(scene, tmp_path)
    assert look.startswith("export GATEWAY=") and "inference-gateway" in look
    assert shell.run(listed).startswith("HTTP/1.1 404 ")
    shown = user_shell(shell.script(discover), scene.cluster.bench, tmp_path)
    fixes = re.findall(r"^  fix: (.*)$", shown.stderr, re.M)
    findings = diagnosis(scene)[1]["findings"]
    assert (findings[0]["cause"], findings[0]["fix"]) == (
        "no-route",
        "correct what prevents its output, then run llmd-routes generate",
    )
    named = [each["fix"] for each in findings if "generate prints nothing" in each["impact"]]
    assert list(dict.fromkeys(named)) == fixes
    # What the page does is what the program prints.
    assert fixes[0].partition("  #")[0] == label.replace("$NAMESPACE", NAMESPACE)
    assert fixes[1].endswith("; or pass --adopt-pools to overwrite the InferencePools") and "--adopt-pools" in generate
    assert len(fixes) == 2
    shell.run(label)
    shell.run(wait)
    made = user_shell(shell.script(generate), scene.cluster.bench, tmp_path)
    assert made.returncode == 0, made.stderr
    assert "[weak-selector]" not in made.stderr
    scene.settle()
    assert [entry["owned_by"] for entry in json.loads(shell.run(models))["data"]] == ["sglang", "vllm"]
    assert json.loads(shell.run(vllm))["id"].startswith("chatcmpl-")
    assert json.loads(shell.run(sglang))["metadata"] == {"weight_version": "default"}
    until(lambda: diagnosis(scene)[0] == 0, lambda: f"nothing is found: {diagnosis(scene)[1]['findings']}")


def commands() -> list[str]:
    """Return the commands of the tutorial but for the name of its namespace, for which this one stands."""
    first, *others = re.findall(r"^    (\S.*)$", PAGE.read_text(encoding="utf-8"), re.M)
    assert first == "export NAMESPACE=llm-d-multi-engine"
    return others


class Shell:
    """A shell of the tutorial: the cluster has other Gateways too, and none of them has an address."""

    def __init__(self, scene: Scene, folder: Path) -> None:
        """Let commands run beside a scene."""
        self.scene, self.folder = scene, folder
        gateway = scene.gateway()
        variables = {
            "NAMESPACE": NAMESPACE,
            "LLMD_ROUTES_GATEWAY": f"{NAMESPACE}/{GATEWAY}",
            "GATEWAY": f"http://{gateway.address}:{gateway.port}",
        }
        self._head = "".join(f"export {name}={value}\n" for name, value in variables.items())

    def script(self, command: str) -> str:
        """Return a command with the variables that it needs."""
        return self._head + command

    def run(self, command: str) -> str:
        """Run a command, which must succeed, and return what it prints."""
        done = user_shell(self.script(command), self.scene.cluster.bench, self.folder)
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        return done.stdout
