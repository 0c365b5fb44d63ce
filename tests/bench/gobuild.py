"""Programs of the bench, built from their Go modules into the cache folder; built once per version and Go release.

`modules/<folder>` holds the go.mod and go.sum of what is built: versions and checksums stand there and nowhere else.
It holds the source too if that is our own.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .cache import cache_root, locked
from .errors import BenchError
from .golang import Go, last_line
from .progress import Report, timed

ASSETS = "KUBEBUILDER_ASSETS"
MODULES = Path(__file__).parent / "modules"


@dataclass(frozen=True)
class Part:
    """One program: its package, and the folder of the go.mod that pins it.

    `version_of` is the module whose version the program must know: without one, clients that parse the version of a
    Kubernetes server fail. A program that is `short_lived` is compiled without optimisation, in two thirds of the time.
    """

    name: str
    package: str
    folder: str
    version_of: str | None = None
    short_lived: bool = False

    @property
    def module_file(self) -> str:
        """Return the text of the go.mod that pins it."""
        return (MODULES / self.folder / "go.mod").read_text(encoding="utf-8")

    @property
    def files(self) -> dict[str, str]:
        """Return the texts of go.mod, go.sum and our own source, by name."""
        found = sorted((MODULES / self.folder).iterdir())
        return {path.name: path.read_text(encoding="utf-8") for path in found}


def _kubernetes(name: str) -> Part:
    return Part(name, f"k8s.io/kubernetes/cmd/{name}", "kubernetes", "k8s.io/kubernetes")


KUBECTL = _kubernetes("kubectl")
KUBE_APISERVER = _kubernetes("kube-apiserver")
CONTROLLER_MANAGER = _kubernetes("kube-controller-manager")
ETCD = Part("etcd", "go.etcd.io/etcd/server/v3", "etcd")
EPP = Part("epp", "sigs.k8s.io/gateway-api-inference-extension/cmd/epp", "epp")
HELM = Part("helm", "helm.sh/helm/v3/cmd/helm", "helm", short_lived=True)
HELM4 = Part("helm4", "helm.sh/helm/v4/cmd/helm", "helm4", short_lived=True)
HELMFILE = Part("helmfile", "github.com/helmfile/helmfile", "helmfile", short_lived=True)
KREW = Part("krew", "sigs.k8s.io/krew/cmd/krew", "krew", short_lived=True)
VALIDATE_KREW = Part("validate-krew-manifest", "sigs.k8s.io/krew/cmd/validate-krew-manifest", "krew", short_lived=True)
KUSTOMIZE = Part("kustomize", "sigs.k8s.io/kustomize/kustomize/v5", "kustomize", short_lived=True)
ISTIOD = Part("pilot-discovery", "istio.io/istio/pilot/cmd/pilot-discovery", "istio")
ENVOY_GATEWAY = Part("envoy-gateway", "github.com/envoyproxy/gateway/cmd/envoy-gateway", "envoy_gateway")
# Our own, in place of Envoy AI Gateway, which no registry has.
POOL_EXTENSION = Part("pool-extension", ".", "pool_extension")
# For measurements: a load generator, a server that takes whole bodies, and the body-based router of the extension.
LOAD = Part("bombardier", "github.com/codesenberg/bombardier", "bombardier")
SERVER = Part("simplebenchserver", "github.com/codesenberg/bombardier/cmd/utils/simplebenchserver", "bombardier")
BBR = Part("bbr", "sigs.k8s.io/gateway-api-inference-extension/cmd/bbr", "epp")
MEASURING = (LOAD, SERVER, BBR)
# What the convention of controller-runtime puts into a folder of assets.
ASSET_PARTS = (ETCD, KUBECTL, KUBE_APISERVER)
# Where its users run the program.
PLACES = (HELM, HELM4, HELMFILE, KUSTOMIZE)
BODY_READER = Part("body-reader", ".", "body_reader")
API_SERVER = (*ASSET_PARTS, CONTROLLER_MANAGER, BODY_READER)
SCENE = (*API_SERVER, EPP, ISTIOD)


def programs(go: Go, parts: tuple[Part, ...], report: Report) -> dict[str, Path]:
    """Find or build every part; the result maps its name to its program.

    Programs of a folder named by `KUBEBUILDER_ASSETS` are used instead if it holds all that such a folder has.
    Raises BenchError if a download or a build fails.
    """
    found = _assets(report)
    return found | {part.name: build(go, part, report) for part in parts if part.name not in found}


def _assets(report: Report) -> dict[str, Path]:
    assets = os.environ.get(ASSETS)
    if not assets:
        return {}
    found = {part.name: Path(assets).absolute() / part.name for part in ASSET_PARTS}
    missing = [name for name, program in found.items() if not os.access(program, os.X_OK)]
    if missing:
        report(f"{ASSETS}={assets} lacks {', '.join(missing)}: not used")
    return {} if missing else found


def build(go: Go, part: Part, report: Report) -> Path:
    """Return the program of `part` from the cache folder, built if absent.

    Raises BenchError if the build fails.
    """
    program = program_path(go, part)
    if program.exists():
        return program
    with locked(program.parent.with_suffix(".lock"), report):
        if not program.exists():
            with timed(report, f"building {part.name}", "(takes minutes, but only once)"):
                _build(go, part, build_flags(part), program)
    return program


def is_built(go: Go, parts: tuple[Part, ...]) -> bool:
    """Return whether the cache folder holds every part."""
    return all(program_path(go, part).exists() for part in parts)


def program_path(go: Go, part: Part) -> Path:
    """Return where the cache folder holds a part; what it is built from names the folder."""
    words = [*part.files.values(), *build_flags(part), go.version]
    key = hashlib.sha256("\0".join(words).encode()).hexdigest()[:16]
    return cache_root() / key / part.name


def build_flags(part: Part) -> tuple[str, ...]:
    """Return the flags of a build; nothing is made for debuggers, because the result is stripped anyway."""
    compiler = "-dwarf=false -N -l" if part.short_lived else "-dwarf=false"
    return f"-gcflags=all={compiler}", f"-ldflags={linker_flags(part)}"


def linker_flags(part: Part) -> str:
    """Return the flags of a stripped build, with the version where the program must know it."""
    if part.version_of is None:
        return "-s -w"
    version = pinned(part.module_file, part.version_of)
    major, minor, _ = version.lstrip("v").split(".")
    package = "k8s.io/component-base/version"
    values = {"gitVersion": version, "gitMajor": major, "gitMinor": minor}
    return " ".join(["-s -w", *(f"-X {package}.{name}={value}" for name, value in values.items())])


def pinned(module_file: str, module: str) -> str:
    """Return the version that a go.mod requires of a module."""
    found = re.search(rf"^\s*(?:require )?{re.escape(module)} (v\S+)", module_file, re.MULTILINE)
    if found is None:
        raise BenchError(f"go.mod requires no {module}: add it")
    return found[1]


def _build(go: Go, part: Part, flags: tuple[str, ...], program: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="build-", dir=program.parent.parent) as folder:
        work = Path(folder)
        for name, text in part.files.items():
            (work / name).write_text(text, encoding="utf-8")
        done = go.run("build", "-mod=readonly", *flags, "-o", part.name, part.package, cwd=work)
        if done.returncode:
            raise BenchError(
                f"cannot build {part.name}: {last_line(done.stderr)};"
                f" check the network, or name a folder that holds it in {ASSETS}"
            )
        program.parent.mkdir(exist_ok=True)
        (work / part.name).replace(program)
