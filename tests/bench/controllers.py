"""kube-controller-manager beside an API server: Deployments get ReplicaSets, and these get pods, which nothing runs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .processes import Processes

_CONTROLLERS = (
    "deployment-controller,replicaset-controller,statefulset-controller,garbage-collector-controller,"
    "endpointslice-controller,namespace-controller,serviceaccount-controller"
)


@contextmanager
def controllers(program: Path, kubeconfig: Path, folder: Path) -> Iterator[None]:
    """Run the controllers as the user of a kubeconfig in `folder`, which keeps their log, until the block ends."""
    flags = [
        *(f"--{use}kubeconfig={kubeconfig}" for use in ("", "authentication-", "authorization-")),
        "--leader-elect=false",
        f"--controllers={_CONTROLLERS}",
        f"--cert-dir={folder / 'certs'}",
        "--secure-port=0",
    ]
    with Processes(folder) as processes:
        processes.start("kube-controller-manager", program, *flags)
        yield
        processes.check()
