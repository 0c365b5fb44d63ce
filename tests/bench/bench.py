"""A bench: one API server that knows the CRDs of one generation."""

import os
import signal
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .apiserver import ADMIN, LOOPBACK, ApiServer, api_server, write_kubeconfig
from .crds import Generation, read_crds
from .errors import BenchError
from .gobuild import API_SERVER, Part, programs
from .golang import Go, find_go, last_line
from .kubectl import Kubectl
from .progress import Report, timed

SERVED_TIMEOUT = 60.0  # seconds
USERS = ("reader", "local", "nobody")


@dataclass(frozen=True)
class Toolchain:
    """What benches are made of: a Go that fetches modules, and the programs by their name."""

    go: Go
    programs: Mapping[str, Path]


@dataclass(frozen=True)
class Bench:
    """What a test gets: an API server, as admin.

    `server` is its URL, `certificate` the file that verifies it, `token` a bearer token. `kubeconfigs` are those of
    further users, who may do nothing until a role is bound to them.
    """

    generation: str
    kubectl: Kubectl
    kubeconfig: Path
    server: str
    certificate: Path
    token: str
    has_pool_v1alpha2: bool
    kubeconfigs: Mapping[str, Path]
    api: ApiServer

    @contextmanager
    def away(self) -> Iterator[None]:
        """Let the server answer nothing until the block ends, and keep all connections open, as a lost network does."""
        os.kill(self.api.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.api.pid, signal.SIGCONT)


def find_toolchain(report: Report, parts: tuple[Part, ...] = API_SERVER) -> Toolchain:
    """Find or build what benches share: the programs of `parts`.

    Raises BenchError if a part of it cannot be had.
    """
    go = find_go(report)
    return Toolchain(go, programs(go, parts, report))


@contextmanager
def open_bench(
    generation: Generation, toolchain: Toolchain, etcd: str, folder: Path, report: Report, host: str = LOOPBACK
) -> Iterator[Bench]:
    """Run a bench in `folder`, on an etcd by its URL and at an address, until the block ends.

    Raises BenchError if its CRDs cannot be had or a server does not start.
    """
    with timed(report, f"reading the CRDs of {generation.name}"):
        crds = read_crds(toolchain.go, generation)
    start = time.monotonic()
    with api_server(toolchain.programs, folder, etcd, dict.fromkeys(USERS, ()), host) as server:
        install_crds(server.kubectl, crds)
        report(f"{generation.name} serves {len(crds)} CRDs after {time.monotonic() - start:.1f} s")
        yield Bench(
            generation=generation.name,
            kubectl=server.kubectl,
            kubeconfig=server.kubeconfig,
            server=server.url,
            certificate=server.certificate,
            token=server.tokens[ADMIN],
            has_pool_v1alpha2=generation.has_pool_v1alpha2,
            kubeconfigs={user: _kubeconfig_of(user, server, folder) for user in USERS},
            api=server,
        )


def _kubeconfig_of(user: str, server: ApiServer, folder: Path) -> Path:
    path = folder / user / "kubeconfig"
    path.parent.mkdir()
    write_kubeconfig(path, server.url, server.certificate, server.tokens[user])
    return path


def install_crds(kubectl: Kubectl, crds: Mapping[str, str]) -> None:
    """Apply CRDs, and return once the server serves them.

    Raises BenchError if it refuses one, or does not serve them in time.
    """
    if not crds:
        return
    kubectl.must("apply", "--server-side", "--filename=-", stdin="---\n".join(crds.values()))
    # Not `kubectl wait`: condition Established comes before discovery knows the kind, and it reads every CRD again.
    deadline = time.monotonic() + SERVED_TIMEOUT
    while (done := kubectl.run("get", ",".join(crds), "--all-namespaces")).returncode:
        if time.monotonic() > deadline:
            raise BenchError(f"CRDs are not served: {last_line(done.stderr)}")
        time.sleep(0.2)
