"""`generate --controller`: the settings have the same effect as the options, and nothing of the user's machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest

from llmd_routes.cli import cli
from llmd_routes.cli.wishes import Wishes
from llmd_routes.text.yaml_values import load
from tests.generator.controller.cluster import INSTANCE, NS
from tests.golden import DATA, run

IMAGE = "registry.example.com/llmd-routes:v1"
GUIDE = str(DATA / "two-engines" / "objects.yaml")


def objects(*words: str) -> dict[str, Any]:
    """Return the printed objects by kind."""
    done = run("generate", "-f", GUIDE, "--controller", IMAGE, "-o", "json", *words)
    assert done.code == 0, done.stderr
    return {obj["kind"]: obj for obj in json.loads(done.stdout)["items"]}


def settings(*words: str) -> Any:
    return load(objects(*words)["ConfigMap"]["data"]["llmd-routes.yaml"])["spec"]


def test_the_controller_is_printed_in_place_of_the_routes() -> None:
    kinds = set(objects())
    assert {"Deployment", "ConfigMap", "ClusterRole", "Role", "ServiceAccount"} <= kinds
    assert not kinds & {"HTTPRoute", "InferencePool", "EnvoyFilter"}
    told = run("generate", "-f", GUIDE, "--controller", IMAGE).stderr
    assert f"the output is a controller for instance {INSTANCE}, which creates and updates these objects\n" in told


def test_without_options_the_settings_name_what_was_found() -> None:
    assert settings() == {"namespace": [NS], "gateway": [f"{NS}/inference-gateway"], "instance": INSTANCE}


def test_options_and_facts_become_settings(tmp_path: Path) -> None:
    config = tmp_path / "settings.yaml"
    facts = {f"{NS}/Deployment/ms-vllm-qwen2-5-0-5b-llm-d-modelservice-decode": {"ownedBy": "team-a"}}
    spec = {"modelServices": facts, "layout": "per-service", "namespace": [NS]}
    config.write_text(json.dumps({"apiVersion": "llmd-routes/v1alpha1", "kind": "Configuration", "spec": spec}))
    words = ("--default-engine", "sglang", "--no-catch-all", "--hostname", "a.example.com")
    given = settings("--config", str(config), *words)
    assert given == {
        "namespace": [NS],
        "gateway": [f"{NS}/inference-gateway"],
        "instance": INSTANCE,
        "modelServices": facts,
        "layout": "per-service",
        "defaultEngine": ["sglang"],
        "noCatchAll": True,
        "hostname": ["a.example.com"],
    }


def test_the_controller_accepts_its_settings(tmp_path: Path) -> None:
    words = ("--default-engine", "sglang", "--path-prefix", "/llm/v1", "--route-timeout", "5m")
    config = tmp_path / "llmd-routes.yaml"
    config.write_text(objects(*words)["ConfigMap"]["data"][config.name])
    command = cli.commands["controller"]
    context = command.make_context("controller", ["--config", str(config)], click.Context(cli))
    chosen = Wishes(context, "elsewhere").read(()).chosen
    assert (chosen["instance"], chosen["timeout"], chosen["path_prefixes"]) == (INSTANCE, "5m", ("/llm/v1",))
    assert (chosen["defaults"], chosen["gateways"]) == (("sglang",), (f"{NS}/inference-gateway",))


def test_an_endpoint_picker_config_is_a_file_of_the_config_map(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    text = "apiVersion: inference.networking.x-k8s.io/v1alpha1\nkind: EndpointPickerConfig\n"
    path.write_text(text)
    words = ("--epp", "deploy", "--epp-config", str(path))
    data = objects(*words)["ConfigMap"]["data"]
    assert data["epp-config.yaml"] == text
    assert load(data["llmd-routes.yaml"])["spec"]["eppConfig"] == "/settings/epp-config.yaml"
    assert settings("--epp", "deploy", "--epp-config", "pd")["eppConfig"] == "pd"


def test_without_a_namespace_it_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "objects.yaml"
    text = Path(GUIDE).read_text(encoding="utf-8")
    path.write_text("".join(line for line in text.splitlines(keepends=True) if f"namespace: {NS}" not in line))
    done = run("generate", "-f", str(path), "--controller", IMAGE)
    assert (done.code, done.stdout) == (2, "")
    assert "namespace" in done.stderr and "-n" in done.stderr


@pytest.mark.parametrize("words", [("--output-dir", "made"), ("-o", "json")])
def test_it_is_written_in_all_forms(words: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(2):
        assert run("generate", "-f", GUIDE, "--controller", IMAGE, *words).code == 0
    if "--output-dir" in words:
        assert run("generate", "-f", GUIDE, "--controller", IMAGE, *words, "--check").code == 0
