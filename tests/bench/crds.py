"""The CRDs of the bench in two generations, read from the Go module cache; no copy of them is kept anywhere.

Those of GKE are on no registry: `schemas` has the fields that llmd-routes emits, from the documentation.

In: a `Generation` and a Go that downloads its modules. Out: the text of each CRD by name. No other object of those
files is passed on, so no admission policy (Gateway API ships one that forbids older CRDs) reaches a server.
"""

import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from . import pins
from .errors import BenchError
from .golang import Go, ModuleFiles


@dataclass(frozen=True)
class CrdSource:
    """Files of a module that hold CRDs; `only` narrows them to the CRDs of these names."""

    module: pins.Module
    pattern: str
    only: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Generation:
    """A set of CRDs that could stand together on one cluster."""

    name: str
    sources: tuple[CrdSource, ...]
    has_pool_v1alpha2: bool
    # Files of CRDs that the project wrote from documentation.
    written: tuple[Path, ...] = ()


def _sources(modules: pins.CrdPins) -> tuple[CrdSource, ...]:
    return (
        CrdSource(modules.gateway_api, "config/crd/standard/*.yaml"),
        CrdSource(modules.inference, "config/crd/bases/*.yaml"),
        CrdSource(modules.lws, "config/crd/bases/*.yaml"),
        CrdSource(modules.kserve, "config/crd/full/llmisvc/serving.kserve.io_*.yaml"),
        CrdSource(
            modules.istio,
            "manifests/charts/base/files/crd-all.gen.yaml",
            only=frozenset({"destinationrules.networking.istio.io", "envoyfilters.networking.istio.io"}),
        ),
        CrdSource(
            pins.AGENTGATEWAY,
            "controller/install/helm/agentgateway-crds/templates/*.yaml",
            only=frozenset({"agentgatewaypolicies.agentgateway.dev"}),
        ),
        CrdSource(
            pins.ENVOY_GATEWAY,
            "charts/gateway-crds-helm/templates/generated/*.yaml",
            only=frozenset(
                {
                    f"{plural}.gateway.envoyproxy.io"
                    for plural in (
                        "clienttrafficpolicies",
                        "envoyextensionpolicies",
                        "httproutefilters",
                        "securitypolicies",
                    )
                }
            ),
        ),
    )


_GKE = Path(__file__).parent / "schemas" / "gke.yaml"
OLDEST = Generation("oldest", _sources(pins.OLDEST), has_pool_v1alpha2=True, written=(_GKE,))
NEWEST = Generation("newest", _sources(pins.NEWEST), has_pool_v1alpha2=False, written=(_GKE,))
GITOPS = Generation(
    "gitops",
    (
        CrdSource(pins.ARGO_CD, "manifests/crds/application-crd.yaml"),
        CrdSource(pins.FLUX, "config/crd/bases/kustomize.toolkit.fluxcd.io_kustomizations.yaml"),
    ),
    has_pool_v1alpha2=False,
)
ENVOY_GATEWAY = Generation(
    "envoy-gateway",
    (
        CrdSource(pins.ENVOY_GATEWAY_API, "config/crd/experimental/*.yaml"),
        CrdSource(pins.ENVOY_GATEWAY, "charts/gateway-crds-helm/templates/generated/*.yaml"),
        CrdSource(pins.NEWEST.inference, "config/crd/bases/*.yaml"),
    ),
    has_pool_v1alpha2=False,
)
BARE = Generation("bare", (), has_pool_v1alpha2=False)


def read_crds(go: Go, generation: Generation) -> dict[str, str]:
    """Return the YAML text of every CRD of a generation by its name.

    Raises BenchError if a module cannot be had, or holds no CRD where one is expected.
    """
    modules = go.download(*(source.module for source in generation.sources))
    crds: dict[str, str] = {}
    for source, files in zip(generation.sources, modules, strict=True):
        found = dict(_crds(source, files))
        if not found or not source.only <= found.keys():
            raise BenchError(f"{source.module} lacks CRDs in {source.pattern}: correct the pattern or the pin")
        crds |= found
    for path in generation.written:
        crds |= _named(path.read_text())
    return crds


def _crds(source: CrdSource, files: ModuleFiles) -> Iterator[tuple[str, str]]:
    # Cut by lines, not parsed: kubectl reads the text anyway, and some of these CRDs have 40,000 lines.
    with zipfile.ZipFile(files.zip) as archive:
        for path in sorted(archive.namelist()):
            if not fnmatchcase(path, f"{source.module}/{source.pattern}"):
                continue
            # Charts put lines for helm around some of them.
            text = re.sub(r"^\{\{.*\n?", "", archive.read(path).decode(), flags=re.MULTILINE)
            for name, document in _named(text).items():
                if not source.only or name in source.only:
                    yield name, document


def _named(text: str) -> dict[str, str]:
    crds: dict[str, str] = {}
    for document in re.split(r"^---\s*$", text, flags=re.MULTILINE):
        is_crd = re.search(r"^kind: CustomResourceDefinition$", document, re.MULTILINE)
        name = re.search(r"^  name: (\S+)$", document, re.MULTILINE)
        if is_crd and name:
            crds[name[1]] = document
    return crds
