"""Programs of the bench, built from their Go modules into the cache folder; built once per version and Go release."""

import hashlib
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from . import pins
from .cache import cache_root, locked
from .errors import BenchError
from .golang import Go, last_line
from .progress import Report, timed

ASSETS = "KUBEBUILDER_ASSETS"


@dataclass(frozen=True)
class Part:
    """One program: the package that is built, and what its go.mod has to say.

    `staging` is the published version of the modules that `module` itself replaces by folders of its own tree.
    `variables` are set by the linker.
    """

    name: str
    package: str
    module: pins.Module
    staging: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)


def _kubernetes(name: str) -> Part:
    # Without a version clients that parse the server's version fail.
    version = "k8s.io/component-base/version"
    major, minor, _ = pins.KUBERNETES.version.lstrip("v").split(".")
    return Part(
        name=name,
        package=f"{pins.KUBERNETES.path}/cmd/{name}",
        module=pins.KUBERNETES,
        staging=pins.KUBERNETES_STAGING,
        variables={
            f"{version}.gitVersion": pins.KUBERNETES.version,
            f"{version}.gitMajor": major,
            f"{version}.gitMinor": minor,
        },
    )


KUBECTL = _kubernetes("kubectl")
KUBE_APISERVER = _kubernetes("kube-apiserver")
ETCD = Part(name="etcd", package=pins.ETCD.path, module=pins.ETCD)
CONTROL_PLANE = (ETCD, KUBECTL, KUBE_APISERVER)


def programs(go: Go, parts: tuple[Part, ...], report: Report) -> dict[str, Path]:
    """Find or build every part; the result maps its name to its program.

    A folder named by `KUBEBUILDER_ASSETS` is used instead if it holds them all.
    Raises BenchError if a download or a build fails.
    """
    if assets := os.environ.get(ASSETS):
        found = {part.name: Path(assets).absolute() / part.name for part in parts}
        missing = [name for name, program in found.items() if not os.access(program, os.X_OK)]
        if not missing:
            return found
        report(f"{ASSETS}={assets} lacks {', '.join(missing)}: not used")
    with timed(report, f"looking up the modules of {', '.join(part.name for part in parts)}"):
        modules = go.download(*(part.module for part in parts))
    return {
        part.name: build(go, part, go_mod_text(part, files.go_mod.read_text()), report)
        for part, files in zip(parts, modules, strict=True)
    }


def build(go: Go, part: Part, go_mod: str, report: Report) -> Path:
    """Return the program of `part` from the cache folder, built if absent.

    Raises BenchError if the build fails.
    """
    flags = " ".join(["-s -w", *(f"-X {name}={value}" for name, value in part.variables.items())])
    key = hashlib.sha256("\0".join([go_mod, flags, go.version]).encode()).hexdigest()[:16]
    root = cache_root()
    program = root / key / part.name
    if program.exists():
        return program
    with locked(root / f"{key}.lock", report):
        if not program.exists():
            with timed(report, f"building {part.name} of {part.module}", "(takes minutes, but only once)"):
                _build(go, part, go_mod, flags, program)
    return program


def go_mod_text(part: Part, upstream: str) -> str:
    """Write the go.mod that builds `part`, from the go.mod of its module.

    Replace lines only count in the main module: those of `upstream` that point into its own tree are lost, and
    become the published versions here.
    """
    go_line = re.search(r"^go \S+$", upstream, re.MULTILINE)
    lines = ["module bench", "", go_line[0] if go_line else "", "", f"require {part.module.path} {part.module.version}"]
    if part.staging:
        inner = re.findall(r"^\s*(?:replace )?(\S+) => \./", upstream, re.MULTILINE)
        lines += ["", "replace (", *(f"\t{path} => {path} {part.staging}" for path in inner), ")"]
    return "\n".join(lines) + "\n"


def _build(go: Go, part: Part, go_mod: str, flags: str, program: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="build-", dir=program.parent.parent) as folder:
        work = Path(folder)
        (work / "go.mod").write_text(go_mod)
        done = go.run("build", f"-ldflags={flags}", "-o", part.name, part.package, cwd=work)
        if done.returncode:
            raise BenchError(
                f"cannot build {part.name} of {part.module}: {last_line(done.stderr)};"
                f" check the network, or name a folder that holds it in {ASSETS}"
            )
        program.parent.mkdir(exist_ok=True)
        (work / part.name).replace(program)
