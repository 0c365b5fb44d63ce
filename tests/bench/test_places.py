"""The places where its users run the program, with the real ones: kustomize, helm 3 and 4, and Argo CD's plugin."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import argocd
from tests.golden import DATA
from tests.regenerate import ROOT

from .bench import Bench, Toolchain, install_crds
from .cases import SHARED, llmd_routes, objects, stream_of
from .crds import GITOPS, read_crds

PROGRAM = Path(sys.executable).with_name("llmd-routes")
SGLANG = SHARED / "kustomize-sglang-standalone" / "objects.yaml"
OWN = DATA / "two-engines" / "objects.yaml"
GATEWAY = {
    "apiVersion": "gateway.networking.k8s.io/v1",
    "kind": "Gateway",
    "metadata": {"name": "inference-gateway"},
    "spec": {"gatewayClassName": "istio", "listeners": [{"name": "http", "port": 80, "protocol": "HTTP"}]},
}


class Installation:
    """Manifests of one release in `release`, and of what is there already in `beside`."""

    def __init__(self, folder: Path, namespace: str, listed: list[dict[str, Any]], models: tuple[str, ...]) -> None:
        """Divide the objects by whether their names are those of model servers; a Gateway is beside them."""
        self.folder, self.namespace = folder, namespace
        listed = [*listed, GATEWAY] if all(obj["kind"] != "Gateway" for obj in listed) else listed
        for obj in listed:
            obj["metadata"].setdefault("namespace", namespace)
        self.release = [obj for obj in listed if obj["metadata"]["name"].startswith(models)]
        self._write("release", self.release)
        self._write("beside", [obj for obj in listed if obj not in self.release])

    def _write(self, name: str, listed: list[dict[str, Any]]) -> None:
        (self.folder / name).mkdir()
        (self.folder / name / "objects.yaml").write_text(stream_of(listed), encoding="utf-8")

    def wanted(self) -> list[dict[str, Any]]:
        """Return what `generate` makes of all of it."""
        made = llmd_routes("generate", "-R", "-f", str(self.folder))
        assert made.returncode == 0, made.stderr
        return objects(made.stdout)


CASES = [("two-engines", OWN, "llm-d-multi-engine", ("ms-",))]
if SGLANG.exists():
    CASES.append(("sglang", SGLANG, "llm-d-optimized-baseline", ("optimized-baseline-nvidia",)))


@pytest.fixture(params=CASES, ids=lambda case: str(case[0]))
def installation(request: pytest.FixtureRequest, tmp_path: Path) -> Installation:
    _, file, namespace, models = request.param
    (tmp_path / "all").mkdir()
    return Installation(tmp_path / "all", namespace, objects(file.read_text(encoding="utf-8")), models)


def ran(*argv: str | Path, folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    path = f"{PROGRAM.parent}{os.pathsep}{os.environ['PATH']}"
    home = {f"HELM_{name}_HOME": str(folder / name.lower()) for name in ("CACHE", "CONFIG", "DATA")}
    environment = {**os.environ, "PATH": path, "KUBECONFIG": os.devnull, **home, **more}
    command = [str(word) for word in argv]
    return subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, check=False)


def by_name(listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(listed, key=lambda obj: (obj["kind"], obj["metadata"]["name"]))


KUSTOMIZATION = """\
namespace: {namespace}
resources: [../release/objects.yaml]
commonAnnotations: {{by: kustomize}}
transformers: [routes.yaml]
"""
FUNCTION = """\
apiVersion: llmd-routes/v1alpha1
kind: Configuration
metadata:
  name: routes
  annotations:
    config.kubernetes.io/function: |
      exec:
        path: ./llmd-routes
        args: [krm]
spec:
  filename: [../beside]
"""


def test_kustomize_builds_the_routes_with_the_release(installation: Installation, places: dict[str, Path]) -> None:
    wanted, overlay = installation.wanted(), installation.folder / "overlay"
    overlay.mkdir()
    (overlay / "kustomization.yaml").write_text(KUSTOMIZATION.format(namespace=installation.namespace))
    (overlay / "routes.yaml").write_text(FUNCTION)
    (overlay / "llmd-routes").symlink_to(PROGRAM)
    plugins = ("--enable-alpha-plugins", "--enable-exec", "--load-restrictor=LoadRestrictionsNone")
    command = (places["kustomize"], "build", *plugins)
    built = ran(*command, "overlay", folder=installation.folder)
    assert built.returncode == 0, built.stderr
    found = objects(built.stdout)
    ours = [obj for obj in found if "llmd-routes/instance" in obj["metadata"].get("labels", {})]
    assert by_name(ours) == by_name(wanted)
    rest = [obj for obj in found if obj not in ours]
    assert [obj["metadata"].pop("annotations")["by"] for obj in rest] == ["kustomize"] * len(installation.release)
    # A release without ModelService fails with our words, and with `allowEmpty` is built as it is.
    empty = [obj for obj in installation.release if obj["kind"] == "ServiceAccount"] or [GATEWAY]
    (installation.folder / "release" / "objects.yaml").write_text(stream_of(empty))
    failed = ran(*command, "overlay", folder=installation.folder)
    assert (failed.returncode, "stdin contains no ModelService" in failed.stderr) == (1, True)
    (overlay / "routes.yaml").write_text(FUNCTION + "  allowEmpty: true\n")
    assert len(objects(ran(*command, "overlay", folder=installation.folder).stdout)) == len(empty)


def chart(installation: Installation) -> Path:
    """Write a chart that renders the release."""
    folder = installation.folder / "chart"
    (folder / "templates").mkdir(parents=True)
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: release\nversion: 1.0.0\n")
    shutil.copyfile(installation.folder / "release" / "objects.yaml", folder / "templates" / "objects.yaml")
    return folder


@pytest.mark.parametrize("helm", ["helm", "helm4"])
def test_helm_renders_the_routes_with_the_release(
    installation: Installation, helm: str, places: dict[str, Path]
) -> None:
    wanted, folder = installation.wanted(), installation.folder
    options = [f"--filename={folder / 'beside'}"]
    renderer = "llmd-routes"
    if helm == "helm4":
        installed = ran(places[helm], "plugin", "install", ROOT / "manifests" / "helm-plugin", folder=folder)
        assert installed.returncode == 0, installed.stderr
    else:
        options = ["post-render", *options]
    rendering = [word for option in options for word in ("--post-renderer-args", option)]
    command = (places[helm], "template", "release", chart(installation), f"--namespace={installation.namespace}")
    plain = ran(*command, folder=folder)
    made = ran(*command, "--post-renderer", renderer, *rendering, folder=folder)
    assert made.returncode == 0, made.stderr
    found = objects(made.stdout)
    ours = [obj for obj in found if "llmd-routes/instance" in obj["metadata"].get("labels", {})]
    assert by_name(ours) == by_name(wanted)
    assert by_name([obj for obj in found if obj not in ours]) == by_name(objects(plain.stdout))
    failed = ran(*command, "--post-renderer", renderer, *rendering[:-1], "--layout=x", folder=folder)
    assert (failed.returncode == 0, failed.stdout) == (False, "")
    # What a post-renderer says when it fails is shown by helm 3, and by helm 4 not at all.
    assert ("use one of packed, per-service" in failed.stderr) == (helm == "helm")


def test_argo_cd_renders_kustomizations_and_charts_first(installation: Installation, places: dict[str, Path]) -> None:
    wanted, folder = installation.wanted(), installation.folder
    everything = chart(installation)
    shutil.copyfile(folder / "beside" / "objects.yaml", everything / "templates" / "beside.yaml")
    helm = folder / "bin" / "helm"
    helm.parent.mkdir()
    helm.symlink_to(places["helm4"])
    namespace = {"ARGOCD_APP_NAMESPACE": installation.namespace, "HOME": str(folder)}
    overlay = folder / "overlay"
    overlay.mkdir()
    (overlay / "kustomization.yaml").write_text("resources: [release.yaml, beside.yaml]\n")
    for name in ("release", "beside"):
        shutil.copyfile(folder / name / "objects.yaml", overlay / f"{name}.yaml")
    for source, program in ((everything, helm), (overlay, places["kustomize"])):
        assert argocd.ran("discover", source, program, **namespace).stdout == "llmd-routes\n"
        made = argocd.ran("generate", source, program, **namespace)
        assert made.returncode == 0, made.stderr
        assert by_name(objects(made.stdout)) == by_name(wanted)
        # What cannot be rendered is no source without ModelServices.
        for what in ("discover", "generate"):
            failed = argocd.ran(what, source, **{**namespace, "PATH": os.defpath})
            assert (failed.returncode == 0, failed.stdout) == (False, "")


def test_what_applies_the_output_takes_the_manifests(bench_newest: Bench, bench_toolchain: Toolchain) -> None:
    kubectl, manifests = bench_newest.kubectl, ROOT / "manifests"
    install_crds(kubectl, read_crds(bench_toolchain.go, GITOPS))
    files = [manifests / "argocd" / "application.yaml", manifests / "flux" / "kustomization.yaml"]
    for namespace in ("argocd", "flux-system"):
        kubectl.must("create", "namespace", namespace)
    for file in files:
        kubectl.must("apply", "--dry-run=server", "--validate=strict", "-f", str(file))
    kubectl.run("create", "namespace", "llm-d-multi-engine")
    for example in (manifests / "examples").iterdir():
        kubectl.must("apply", "--dry-run=server", "--validate=strict", "-k", str(example))
