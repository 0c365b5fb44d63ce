"""The helmfile of the top level with real helmfile and helm, on a real API server: its hooks keep the routes right.

Small local charts stand for those that it names; everything else of the file is as it is.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.regenerate import ROOT

from .bench import Bench
from .cases import ROUTING
from .test_places import PROGRAM

CHARTS = Path(__file__).parent / "charts"
ENDPOINT = "llm-d-multi-engine"
MODEL = "Qwen/Qwen2.5-0.5B-Instruct"


@dataclass
class Installation:
    """The helmfile in a folder, for a namespace of its own; `text` is what it holds."""

    bench: Bench
    helm: Path
    helmfile: Path
    folder: Path
    namespace: str
    text: str

    def run(self, *argv: str, text: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run helmfile on the file, or on another text of it."""
        state = self.folder / "helmfile.yaml"
        state.write_text(self.text if text is None else text)
        path = os.pathsep.join((str(PROGRAM.parent), str(self.bench.kubectl.binary.parent), os.environ["PATH"]))
        home = {f"HELM_{name}_HOME": str(self.folder / name.lower()) for name in ("CACHE", "CONFIG", "DATA")}
        home |= {"HELMFILE_CACHE_HOME": str(self.folder / "helmfile"), "HOME": str(self.folder)}
        environment = {**os.environ, **home, "PATH": path, "KUBECONFIG": str(self.bench.kubeconfig)}
        command = [str(self.helmfile), "--helm-binary", str(self.helm), "-f", str(state), *argv]
        return subprocess.run(
            command, env=environment, cwd=self.folder, capture_output=True, text=True, check=False, timeout=300
        )

    def must(self, *argv: str, text: str | None = None) -> str:
        """Run helmfile, which must not fail, and return what it said."""
        done = self.run(*argv, text=text)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def routes(self) -> str:
        """Return the objects of the set of routes, with what tells a write."""
        shown = "jsonpath={range .items[*]}{.kind} {.metadata.name} {.metadata.resourceVersion}{'\\n'}{end}"
        selector = f"llmd-routes/instance={self.namespace}.infra-inference-gateway"
        return self.bench.kubectl.must("get", ROUTING, "-A", "-l", selector, "-o", shown)

    def remains(self) -> str:
        """Return the workloads, Gateways and routes of the namespace."""
        return self.bench.kubectl.must("get", f"deployments,gateways,{ROUTING}", "-n", self.namespace)

    def pairs(self) -> list[tuple[str, str]]:
        """Return model and owner of the matches of the routes."""
        shown = "jsonpath={range .items[*].spec.rules[*].matches[*]}{.headers[*].value}{'\\n'}{end}"
        lines = self.bench.kubectl.must("get", "httproutes", "-n", self.namespace, "-o", shown).splitlines()
        return sorted((words[0], words[1]) for line in lines if len(words := line.split()) == 2)


@pytest.fixture(params=[pytest.param("helm", marks=pytest.mark.long), "helm4"])
def installation(
    request: pytest.FixtureRequest, bench_newest: Bench, places: dict[str, Path], tmp_path: Path
) -> Iterator[Installation]:
    # A namespace that goes takes its time, so each test has one of its own.
    namespace = f"helmfile-{request.param}-{tmp_path.name.replace('_', '-')[-12:].strip('-')}"
    text = (ROOT / "helmfile.yaml").read_text(encoding="utf-8")
    # The charts are local, so nothing is to be added or fetched.
    text = re.sub(r"(?m)^repositories:\n(  .*\n)+", "", text)
    text = re.sub(r"(?m)^    version: .*\n", "", text)
    text, charts = re.subn(r"(?m)^    chart: [^/]+/(.+)$", rf"    chart: {CHARTS}/\1", text)
    assert charts == 5
    text = text.replace(ENDPOINT, namespace)
    made = Installation(bench_newest, places[request.param], places["helmfile"], tmp_path, namespace, text)
    yield made
    if made.remains():
        made.run("destroy")
    bench_newest.kubectl.must("delete", "namespace", namespace, "--ignore-not-found", "--wait=false")


# Only this release, because each one takes seconds.
SGLANG = ("--selector", "engine=sglang")
BOTH = [(MODEL, "default"), (MODEL, "sglang"), (MODEL, "vllm")]


def test_routes_follow_the_releases(installation: Installation) -> None:
    """Through the life of an installation, in one go, because each run of helmfile takes seconds."""
    said = installation.must("sync")
    assert installation.pairs() == BOTH, said
    first = installation.routes()
    assert [line.split()[0] for line in first.splitlines()] == ["HTTPRoute", "EnvoyFilter"]
    # Nothing changed, so nothing is written.
    installation.must("sync")
    assert installation.routes() == first
    failures_leave_the_routes_as_they_are(installation, first)
    # One engine serves another name; the other engine keeps its routes.
    other = changed(installation, f"args: [--model-path, {MODEL},", "--served-model-name, small,")
    installation.must("sync", *SGLANG, text=other)
    assert installation.pairs() == [(MODEL, "default"), (MODEL, "vllm"), ("small", "default"), ("small", "sglang")]
    # Back, as a repository would go back.
    installation.must("sync", *SGLANG)
    assert installation.pairs() == BOTH
    # Routes are removed with their engine; the last engine removes all of them.
    said = installation.must("destroy", "--selector", "name=ms-sglang")
    assert installation.pairs() == [(MODEL, "default"), (MODEL, "vllm")], said
    said = installation.must("destroy")
    assert installation.routes() == "", said
    assert installation.remains() == ""


def failures_leave_the_routes_as_they_are(installation: Installation, before: str) -> None:
    """A hook that cannot read a model, and a release that fails, change no route."""
    unknown = installation.text.replace(f"args: [--model-path, {MODEL},", "args: [--model-path, $(NOWHERE),")
    assert unknown != installation.text
    failed = installation.run("sync", *SGLANG, text=unknown)
    assert failed.returncode != 0
    assert "routes to it, and the generated routes would not" in failed.stdout + failed.stderr
    assert installation.routes() == before
    # The hook of a release that fails runs, and changes nothing.
    broken = installation.text.replace("            - name: sglang\n", "            - name: Not_A_Name\n")
    assert broken != installation.text
    failed = installation.run("sync", *SGLANG, text=broken)
    assert failed.returncode != 0
    assert "routes are left as they are: the release failed" in failed.stdout + failed.stderr
    assert installation.routes() == before


def changed(installation: Installation, place: str, addition: str) -> str:
    """Return the text of the helmfile with an addition after a place that it holds."""
    text = installation.text.replace(place, f"{place} {addition}")
    assert text != installation.text
    return text
