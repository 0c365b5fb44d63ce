"""The commands of the README and of the pages of docs, as they stand there: run here, or by the test that is named."""

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

from tests.regenerate import ROOT

from .bench import Bench
from .cases import ROUTING, installation, stream_of
from .test_places import PROGRAM

# The page that removes everything is the last one.
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"), key=lambda page: (page.stem == "uninstall", page))]
PROGRAMS = "llmd-routes|llmd-routes-sidecar|kubectl|helm|helmfile|kustomize|make|set|export|source|curl|sed|mkdir"
GATEWAY = "gateway"
INSTANCE = f"llm.{GATEWAY}"

# By the start of a command: the exit code, and what stdout holds.
RUN = {
    "set -o pipefail; llmd-routes generate | kubectl apply": (0, "httproute.*/llm.gateway created"),
    "llmd-routes generate -n llm --output-file routes.yaml && kubectl apply": (0, "httproute.*/llm.gateway unchanged"),
    "export KUBECTL_APPLYSET=true; set -o pipefail\nllmd-routes generate -n llm | kubectl": (
        0,
        "llm.gateway serverside|",
    ),
    "source ": (0, ""),
    "set -o pipefail; helm template ... | llmd-routes generate -f - -n llm-d": (0, "kind: HTTPRoute"),
    **dict.fromkeys(
        (
            f"llmd-routes generate --image IMAGE --body-to-header {kind}"
            for kind in ("external", "ext-authz", "ext-proc")
        ),
        (0, "image: .?registry"),
    ),
    "llmd-routes generate --image IMAGE --buffer-limit 20Mi": (0, "image: .?registry"),
    # No payload processor runs there.
    "llmd-routes generate --body-to-header payload-processor": (2, ""),
    "llmd-routes generate -R -f manifests --output-dir manifests/routes": (0, ""),
    "kubectl apply -k manifests/routes": (0, "httproute.*created"),
    "llmd-routes diff -R -f manifests": (0, ""),
    "helm install release chart": (0, "STATUS: deployed"),
    "kustomize build": (0, "kind: HTTPRoute"),
    "llmd-routes discover -n NAMESPACE": (0, "sglang"),
    # No controller and no kubelet run there, so nothing has a status, and no pod exists.
    "llmd-routes doctor": (1, "no controller reports about it"),
    "llmd-routes doctor -n NAMESPACE": (1, "no controller reports about it"),
    "llmd-routes graph -n NAMESPACE -o html > graph.html": (0, ""),
    "llmd-routes explain http://HOST/v1/models": (0, "result +200"),
    "llmd-routes explain -n NAMESPACE": (1, "result +503: no pod of InferencePool llm/.* is ready"),
    "set -o pipefail; llmd-routes generate -n NAMESPACE | llmd-routes explain": (0, "result +200"),
    "llmd-routes discover": (0, "sglang"),
    # The page before sets another limit of bodies.
    "llmd-routes diff -n NAMESPACE": (1, "EnvoyFilter"),
    "llmd-routes generate -n NAMESPACE | kubectl apply": (0, "httproute.*/llm.gateway (unchanged|configured)"),
    "llmd-routes label -n NAMESPACE | sh": (0, ""),
    **dict.fromkeys(
        (
            "llmd-routes generate -n NAMESPACE --extract-after-auth",
            "llmd-routes generate -n NAMESPACE --buffer-limit 2Mi",
            "llmd-routes generate -n NAMESPACE --split vllm=90,sglang=10",
            "llmd-routes generate -n NAMESPACE --default-engine sglang",
            "llmd-routes generate -n NAMESPACE --gateway NAMESPACE/gateway",
        ),
        (0, "httproute.*/llm.gateway (unchanged|configured)"),
    ),
    "llmd-routes generate -n NAMESPACE --image IMAGE --engine-key-secret": (0, "engine-key"),
    "kubectl get gateway -n NAMESPACE -o jsonpath=": (0, ""),
    "kubectl get httproutes,inferencepools": (0, "llm.gateway"),
    "kubectl get pods -l SELECTOR": (0, ""),
    "kubectl delete KINDS": (0, "deleted"),
}
# Names of commands rather than commands, and who runs the others.
ELSEWHERE = {
    "make ": ".ci/run and people; `make kind` and `make image` need Docker, as the README says",
    "helm install --post-renderer": "a name",
    "kubectl apply -k": "a name",
    "kubectl apply --prune": "a name",
    "llmd-routes generate --output-dir": "a name",
    "llmd-routes generate | kubectl apply -f -": "the README's",
    "llmd-routes generate -n NAMESPACE | kubectl apply -f - && llmd-routes status": "scene/test_status.py",
    "llmd-routes generate -n llm | kubectl apply --server-side --force-conflicts": "scene/test_controller.py",
    "llmd-routes label | sh": "test_separation.py",
    "llmd-routes label -o yaml": "a name",
    "llmd-routes compare http://HOST": "tests/generator/cli/test_compare.py",
    **dict.fromkeys(
        (
            "export NAMESPACE=llm-d-multi-engine",
            "curl -sS -i $GATEWAY/v1/models",
            "llmd-routes discover -n $NAMESPACE",
            "llmd-routes label -n $NAMESPACE | sh",
            "kubectl wait -n $NAMESPACE",
            "set -o pipefail; llmd-routes generate -n $NAMESPACE",
            "curl -sS $GATEWAY/v1",
        ),
        "scene/test_fixes.py",
    ),
    "llmd-routes generate -n NAMESPACE --controller IMAGE": "scene/test_emitted_controller.py",
    "kubectl delete deployment": "scene/test_emitted_controller.py",
    "kubectl describe": "scene/test_emitted_controller.py",
    "kubectl logs": "needs a kubelet",
    "llmd-routes controller -n NAMESPACE --dry-run": "test_loop.py",
    "llmd-routes generate -n NAMESPACE --backend service": "scene/one_scene/test_services.py",
    "llmd-routes generate -n NAMESPACE --implementation envoy": "scene/test_front_door.py",
    "helmfile sync --selector engine=sglang": "test_helmfile.py",
    "curl $GATEWAY/v1/chat/completions -H 'content-type": "scene/test_body_to_header.py",
    'curl "$GATEWAY/v1/chat/completions': "scene/test_body_to_header.py",
    "llmd-routes-sidecar models": "scene/test_models.py",
    **dict.fromkeys(
        ("llmd-routes generate -n llm-d-multi-engine", "mkdir", "sed", "helmfile -f", "kubectl wait", "curl -sS"),
        "scene/test_make_scene.py",
    ),
}


def commands(page: Path) -> list[str]:
    """Return the commands of a page in their order: lines of its blocks, and those in its text that have options.

    Lines of a block that go on with the environment of the one before are one command. A synopsis is none.
    """
    text = re.sub(r"\\\n *", " ", page.read_text(encoding="utf-8"))
    text = re.sub(r"^(    export .*)\n    ", "\\1\x00", text, flags=re.M)
    found = re.findall(rf"^    ((?:{PROGRAMS}) .*)$|`((?:{PROGRAMS}) [^`]*?(?: -|\|)[^`]*)`", text, re.M)
    shown = (" ".join((block or inline).split()).replace("\x00", "\n") for block, inline in found)
    return [re.sub(r" +# .*", "", one) for one in shown if not re.search(r"\[(-|the)", one)]


def known(command: str) -> str | None:
    """Return the longest entry that a command starts with."""
    return max((start for start in (*RUN, *ELSEWHERE) if command.startswith(start)), key=len, default=None)


def test_every_command_is_run_and_no_other() -> None:
    shown = [command for page in PAGES for command in commands(page)]
    assert [command for command in shown if not known(command)] == []
    used = {known(command) for command in shown}
    assert {*RUN, *ELSEWHERE} - used == set()


class Shell:
    """A folder and a namespace in which commands are run."""

    def __init__(self, folder: Path, bench: Bench, places: dict[str, Path]) -> None:
        """Let the folder have what the pages speak of."""
        self.folder, self.bench = folder, bench
        (folder / "bin").mkdir()
        programs = {"kubectl": bench.kubectl.binary, "llmd-routes": PROGRAM}
        for name, program in (programs | {name: places[name] for name in ("helm", "kustomize")}).items():
            (folder / "bin" / name).symlink_to(program)

    def run(self, command: str, namespace: str, cwd: str = ".") -> subprocess.CompletedProcess[str]:
        """Run a command as a person in a namespace of the cluster does."""
        config = json.loads(self.bench.kubeconfig.read_text())
        config["contexts"][0]["context"]["namespace"] = namespace
        (self.folder / "kubeconfig").write_text(json.dumps(config))
        path = os.pathsep.join((str(self.folder / "bin"), str(Path(sys.executable).parent), os.environ["PATH"]))
        environment = {**os.environ, "PATH": path, "KUBECONFIG": str(self.folder / "kubeconfig")}
        environment |= {"HOME": str(self.folder), "KUBERC": "off"}
        return subprocess.run(
            ["bash", "-c", command],
            env=environment,
            cwd=self.folder / cwd,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )


def write(path: Path, listed: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(stream_of(listed))


def write_chart(folder: Path, listed: list[dict[str, Any]]) -> None:
    write(folder / "templates" / "objects.yaml", listed)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: chart\nversion: 1.0.0\n")


def write_overlay(folder: Path, engines: list[dict[str, Any]]) -> None:
    """Write the files that the page about kustomize shows."""
    page = (ROOT / "docs" / "how-to" / "gitops.md").read_text(encoding="utf-8")
    for name, text in re.findall(r"^    # (\S+\.yaml)\n((?:    .*\n)+)", page, re.M):
        write(folder / name, [])
        (folder / name).write_text(re.sub("^    ", "", text, flags=re.M))
    assert {path.name for path in folder.iterdir()} == {"kustomization.yaml", "routes.yaml"}
    write(folder / "model-server.yaml", engines)
    (folder / "llmd-routes").symlink_to(PROGRAM)


@pytest.fixture(scope="module")
def shell(bench_newest: Bench, places: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shell]:
    """A cluster with the example in `llm`, and files: of a release for `docs`, of a repository for `docs-repo`."""
    folder, kubectl, namespaces = tmp_path_factory.mktemp("docs"), bench_newest.kubectl, ("llm", "docs", "docs-repo")
    made = Shell(folder, bench_newest, places)
    for namespace in namespaces:
        kubectl.run("create", "namespace", namespace)
    engines, beside = installation("llm", GATEWAY)
    kubectl.must("apply", "-f", "-", stdin=stream_of([*engines, *beside]))
    engines, beside = installation("docs", GATEWAY)
    write_chart(folder / "chart", engines)
    write_overlay(folder / "overlay", engines)
    write(folder / "beside.yaml", beside)
    write(folder / "beside" / "objects.yaml", beside)
    write(folder / "manifests" / "objects.yaml", [obj for part in installation("docs-repo", GATEWAY) for obj in part])
    write_chart(folder / "whole", [obj for part in installation("llm-d", GATEWAY) for obj in part])
    yield made
    for namespace in namespaces:
        kubectl.must("delete", f"gateways,deployments,services,{ROUTING}", "--all", "-n", namespace)


def test_the_commands_of_the_pages(shell: Shell) -> None:
    """One after the other: what one page applies is there on the next."""
    words = {
        "NAMESPACE": "llm",
        "IMAGE": "registry.example.com/llmd-routes:v1",
        '"MODEL"': '"Qwen/Qwen2.5-0.5B-Instruct"',
        "KINDS": f"{ROUTING},deployments,services",
        "=NAME": f"={INSTANCE}",
    }
    words |= {"SELECTOR": "llm-d.ai/engine-type=vllm", "helm template ...": "helm template release whole"}
    for name, command in ((page.name, command) for page in PAGES for command in commands(page)):
        start = known(command)
        if start not in RUN:
            continue
        said = command
        for word, meant in words.items():
            said = said.replace(word, meant)
        cwd = "overlay" if command.startswith("kustomize") else "."
        done = shell.run(said, "docs" if name == "gitops.md" else "llm", cwd)
        code, pattern = RUN[start]
        assert done.returncode == code, (said, done.stdout, done.stderr)
        assert re.search(pattern, done.stdout), (said, done.stdout, done.stderr)
