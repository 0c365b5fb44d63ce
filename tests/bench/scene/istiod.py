"""istiod beside an API server: it turns Gateways, HTTPRoutes and InferencePools into the configuration of Envoys."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.bench.apiserver import LOOPBACK, free_ports
from tests.bench.network import CONTROL_PLANE
from tests.bench.processes import Processes
from tests.bench.waiting import until

from .calls import call

NAMESPACE = "istio-system"
_PROGRAM = "pilot-discovery"
# With these and without automatic mTLS a stock Envoy takes the configuration: istio's own build has further filters.
_FOR_STOCK_ENVOY = {"PILOT_ENABLE_METADATA_EXCHANGE": "false", "PILOT_ENABLE_ALPN_FILTER": "false"}
_MESH = "enableAutoMtls: false\n"
_ENVIRONMENT = {
    **_FOR_STOCK_ENVOY,
    "ENABLE_GATEWAY_API_INFERENCE_EXTENSION": "true",
    "POD_NAMESPACE": NAMESPACE,
    "POD_NAME": "istiod-0",
    "CLUSTER_ID": "Kubernetes",
}


@dataclass(frozen=True)
class Istiod:
    """A running istiod; `xds_port` serves Envoys in plain text on the address of the control plane."""

    xds_port: int
    _http_port: int
    _flags: tuple[str, ...]
    _program: Path
    _processes: Processes

    def start(self) -> None:
        """Start it (again), and return once it is ready.

        Raises BenchError if it is not in time.
        """
        self._processes.start(_PROGRAM, self._program, *self._flags, env=_ENVIRONMENT)
        until(self._ready, "istiod is ready")

    def kill(self) -> None:
        """End it, as a node that dies would."""
        self._processes.kill(_PROGRAM)

    def _ready(self) -> bool:
        self._processes.check()
        return call(LOOPBACK, self._http_port, "GET", "/ready").status == 200


@contextmanager
def istiod(program: Path, kubeconfig: Path, folder: Path) -> Iterator[Istiod]:
    """Run istiod as the user of a kubeconfig in `folder`, which keeps its log, until the block ends.

    Namespace `istio-system` must exist. Raises BenchError if istiod does not become ready.
    """
    http, monitoring = free_ports(2)
    (xds,) = free_ports(1, CONTROL_PLANE)
    mesh = folder / "mesh.yaml"
    mesh.write_text(_MESH)
    flags = (
        "discovery",
        f"--meshConfig={mesh}",
        f"--networksConfig={folder / 'networks.yaml'}",
        f"--httpAddr=127.0.0.1:{http}",
        "--httpsAddr=",
        f"--grpcAddr={CONTROL_PLANE}:{xds}",
        "--secureGRPCAddr=",
        f"--monitoringAddr=127.0.0.1:{monitoring}",
        "--ctrlz_port=0",
        f"--kubeconfig={kubeconfig}",
        "--clusterID=Kubernetes",
    )
    with Processes(folder) as processes:
        running = Istiod(xds, http, flags, program, processes)
        running.start()
        yield running
        processes.check()
