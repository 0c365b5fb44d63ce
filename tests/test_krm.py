"""`krm`: a ResourceList comes back with ours added; options stand in its functionConfig."""

from __future__ import annotations

import io
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from .golden import Run, run
from .test_post_render import BESIDE, VLLM


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    path = tmp_path / "beside.yaml"
    path.write_text(BESIDE, encoding="utf-8")
    return path


def listed(*items: str, config: str = "") -> str:
    """Return a ResourceList as kustomize writes it."""
    shown = "".join(f"- {textwrap.indent(item, '  ').lstrip()}" for item in items)
    lines = textwrap.indent(config, "  ")
    tail = f"functionConfig:\n  apiVersion: llmd-routes/v1alpha1\n  kind: Configuration\n{lines}" if config else ""
    return f"apiVersion: config.kubernetes.io/v1\nkind: ResourceList\nitems:\n{shown}{tail}"


def function(text: str, *argv: str) -> Run:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        return run("krm", *argv)


def items(text: str) -> list[Any]:
    found = YAML(typ="safe").load(text)["items"]
    assert isinstance(found, list)
    return found


RELEASE = VLLM.replace("metadata:", "metadata: # kept\n  annotations: {internal.config.kubernetes.io/index: '0'}", 1)


def test_ours_is_added_and_the_rest_stays(beside: Path) -> None:
    text = listed(RELEASE, config=f"spec: {{filename: [{beside}]}}\n")
    done = function(text)
    assert done.code == 0, done.stderr
    head, tail = text.split("functionConfig:")
    assert done.stdout.startswith(head)
    assert f"functionConfig:{tail}" in done.stdout
    added = items(done.stdout)[1:]
    path = beside.with_name("release.yaml")
    path.write_text(RELEASE, encoding="utf-8")
    made = run("generate", "-f", str(beside), "-f", str(path))
    assert added == list(YAML(typ="safe").load_all(made.stdout))
    assert done.stderr == made.stderr


def test_notices_are_results(beside: Path) -> None:
    with beside.open("a", encoding="utf-8") as stream:
        stream.write("---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: a, name: b}\n")
    found = YAML(typ="safe").load(function(listed(RELEASE), "-f", str(beside)).stdout)
    result, weak = found["results"]
    assert (result["severity"], result["tags"]) == ("warning", {"code": "duplicate-key"})
    assert weak["tags"] == {"code": "weak-selector"}
    assert "duplicate key name" in result["message"]


@pytest.mark.parametrize(
    "config", ["spec: {{instance: mine, filename: '{0}'}}\n", "spec: {{instance: mine, filename: ['{0}']}}\n"]
)
def test_options_stand_in_the_function_config_and_words_win(config: str, beside: Path) -> None:
    text = listed(RELEASE, config=config.format(beside))
    assert items(function(text).stdout)[-1]["metadata"]["name"] == "mine"
    assert items(function(text, "--instance", "other").stdout)[-1]["metadata"]["name"] == "other"


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ("spec: {layuot: x}\n", "error: functionConfig: layuot: unknown key\n  fix: use layout\n"),
        ("spec: {xyz: x}\n", "error: functionConfig: xyz: unknown key\n  fix: see docs/llmd-routes.schema.json\n"),
        (
            "spec: {layout: x}\n",
            'error: functionConfig: layout: invalid value "x"\n  fix: use one of packed, per-service\n',
        ),
        (
            "spec: {noCatchAll: perhaps}\n",
            'error: functionConfig: noCatchAll: invalid value "perhaps"\n  fix: use true or false\n',
        ),
    ],
)
def test_what_is_wrong_in_the_function_config_is_told(config: str, problem: str) -> None:
    done = function(listed(RELEASE, config=config))
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr.startswith(problem)


def test_a_list_without_model_service(beside: Path) -> None:
    text = listed("kind: Service\napiVersion: v1\nmetadata: {name: a}\n")
    done = function(text, "-f", str(beside))
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr == "error: stdin contains no ModelService\n  fix: check its manifests, or pass --allow-empty\n"
    done = function(text, "-f", str(beside), "--allow-empty")
    assert (done.code, done.stdout, done.stderr) == (0, text, "")


def test_what_is_no_list_is_told_and_help_reads_nothing() -> None:
    assert function(VLLM).stderr == "error: -: not a ResourceList\n  fix: run krm as a function of kustomize or kpt\n"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", None)
        assert run("krm", "--help").code == 0


def test_ours_among_the_items_is_refused(beside: Path) -> None:
    done = function(listed(RELEASE), "-f", str(beside))
    again = function(done.stdout, "-f", str(beside))
    assert (again.code, again.stdout) == (2, "")
    assert "is also generated\n  fix: remove it from the input" in again.stderr
