"""`post-render`: what helm passes is passed on to the byte, and ours is added for the ModelServices of the release."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from .golden import DATA, Run, run

EXAMPLE = (DATA / "two-engines" / "objects.yaml").read_text(encoding="utf-8")
DOCUMENTS = [text for text in re.split(r"(?m)^---\n", EXAMPLE) if text.strip()]
VLLM, SGLANG = (
    next(text for text in DOCUMENTS if f"name: ms-{engine}" in text and "kind: Deployment" in text)
    for engine in ("vllm", "sglang")
)
BESIDE = "---\n".join(text for text in DOCUMENTS if text not in (VLLM, SGLANG))


@pytest.fixture
def beside(tmp_path: Path) -> Path:
    path = tmp_path / "beside.yaml"
    path.write_text(BESIDE, encoding="utf-8")
    return path


def rendered(release: str, *argv: str) -> Run:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(release.encode()), encoding="ascii"))
        return run("post-render", *argv)


def objects(text: str) -> list[Any]:
    return [obj for obj in YAML(typ="safe").load_all(text) if obj]


def pairs(text: str) -> list[tuple[str, ...]]:
    """Return the values of the headers that routes match, those of the guard left out."""
    routes = [obj for obj in objects(text) if obj["kind"] == "HTTPRoute"]
    matches = [match for route in routes for rule in route["spec"]["rules"] for match in rule["matches"]]
    found = [tuple(header["value"] for header in match.get("headers", [])) for match in matches]
    return [values for values in found if len(values) == 2]


MODEL = "Qwen/Qwen2.5-0.5B-Instruct"


@pytest.mark.parametrize("release", [VLLM, f"# é: a comment\n---\n{VLLM}", VLLM.replace("\n", "\r\n"), VLLM.rstrip()])
def test_the_release_is_passed_on_and_ours_is_what_generate_prints(release: str, beside: Path, tmp_path: Path) -> None:
    done = rendered(release, "-f", str(beside))
    assert done.code == 0, done.stderr
    assert done.stdout.startswith(release)
    (tmp_path / "release.yaml").write_text(VLLM, encoding="utf-8")
    made = run("generate", "-f", str(beside), "-f", str(tmp_path / "release.yaml"))
    assert done.stdout.removeprefix(release).lstrip("\n") == made.manifests
    assert done.stderr == made.stderr


def test_what_stands_beside_is_no_part_of_the_release(beside: Path) -> None:
    beside.write_text(f"{BESIDE}---\n{SGLANG}", encoding="utf-8")
    vllm = rendered(VLLM, "-f", str(beside))
    assert pairs(vllm.stdout) == [(MODEL, "vllm"), (MODEL, "default")]
    assert "ms-sglang" not in vllm.stderr
    beside.write_text(f"{BESIDE}---\n{VLLM}", encoding="utf-8")
    # The other engine has the requests that name none: two rules for them would tie.
    sglang = rendered(SGLANG, "-f", str(beside), "--instance", "sglang")
    assert pairs(sglang.stdout) == [(MODEL, "sglang")]
    assert pairs(rendered(SGLANG, "-f", str(beside), "--default-engine", "sglang").stdout)[1] == (MODEL, "default")


def test_the_same_request_in_two_releases_is_refused(beside: Path) -> None:
    beside.write_text(f"{BESIDE}---\n{SGLANG}", encoding="utf-8")
    other = VLLM.replace("metadata:", "metadata:\n  annotations: {llm-d.ai/owned-by: sglang}", 1)
    done = rendered(other, "-f", str(beside))
    assert (done.code, done.stdout) == (2, "")
    assert "both serve" in done.stderr


def test_the_namespace_is_that_of_the_release(beside: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bare = re.sub(r"  namespace: .*\n", "", VLLM)
    wanted = rendered(VLLM, "-f", str(beside)).stdout.removeprefix(VLLM)
    # The Gateway tells it, helm, or the option.
    assert rendered(bare, "-f", str(beside)).stdout == bare + wanted
    monkeypatch.setenv("HELM_NAMESPACE", "llm-d-multi-engine")
    assert rendered(bare, "-f", str(beside)).stdout == bare + wanted
    monkeypatch.setenv("HELM_NAMESPACE", "elsewhere")
    assert rendered(bare, "-f", str(beside), "-n", "llm-d-multi-engine").stdout == bare + wanted
    monkeypatch.setenv("LLMD_ROUTES_NAMESPACE", "llm-d-multi-engine")
    assert rendered(bare, "-f", str(beside)).stdout == bare + wanted


@pytest.mark.parametrize("release", ["", "# nothing\n", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\n"])
def test_a_release_without_model_service(release: str, beside: Path) -> None:
    # One that stands beside is none of the release.
    beside.write_text(EXAMPLE, encoding="utf-8")
    done = rendered(release, "-f", str(beside))
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr == "error: stdin contains no ModelService\n  fix: check its manifests, or pass --allow-empty\n"
    done = rendered(release, "-f", str(beside), "--allow-empty")
    assert (done.code, done.stdout, done.stderr) == (0, release, "")


def test_what_is_in_the_way_prints_nothing(beside: Path) -> None:
    unknown = VLLM.replace("vllm serve", "./start.sh").replace("vllm/vllm-openai", "own/image")
    for argv in ((), ("--allow-empty",)):
        done = rendered(VLLM.replace("kind: Deployment", "kind: [", 1), "-f", str(beside), *argv)
        assert (done.code, done.stdout) == (2, "")
    assert rendered(unknown, "-f", "missing.yaml").stderr == (
        "error: missing.yaml: no such file or directory\n  fix: check the path\n"
    )
    assert rendered(VLLM, "-f", "-").stderr == (
        "error: -f -: stdin already holds the manifests\n  fix: pass a file or a directory\n"
    )


def test_ours_in_the_release_is_refused(beside: Path) -> None:
    done = rendered(VLLM, "-f", str(beside))
    again = rendered(done.stdout, "-f", str(beside))
    assert (again.code, again.stdout) == (2, "")
    assert "HTTPRoute llm-d-multi-engine.inference-gateway is also generated" in again.stderr
    bare = re.sub(r"  namespace: .*\n", "", done.stdout.removeprefix(VLLM))
    assert rendered(VLLM + bare, "-f", str(beside), "-n", "llm-d-multi-engine").code == 2


def test_no_text_is_told() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xff")))
        done = run("post-render")
    assert (done.code, done.stderr) == (2, "error: -: not UTF-8\n  fix: pass manifests as UTF-8 on stdin\n")
