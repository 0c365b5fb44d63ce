"""etcd and kube-apiservers as child processes on free loopback ports, with RBAC and a token for each user.

No kubelet, no controllers, no scheduler: objects are stored, validated and defaulted, and nothing ever runs.
"""

import json
import secrets
import shutil
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from .errors import BenchError
from .kubectl import Kubectl
from .network import CONTROL_PLANE, SERVICES
from .processes import Processes

ADMIN = "admin"
LOOPBACK = "127.0.0.1"
START_TIMEOUT = 120.0  # seconds
_NAME = "kube-apiserver"


@dataclass(frozen=True)
class ApiServer:
    """A running kube-apiserver; `kubeconfig` and `kubectl` are those of the user admin, `tokens` has one per user."""

    url: str
    certificate: Path
    kubeconfig: Path
    kubectl: Kubectl
    tokens: Mapping[str, str]
    processes: Processes

    @property
    def pid(self) -> int:
        """Return the number of its process."""
        return self.processes.pid(_NAME)

    def restart(self) -> None:
        """End the server without asking it, start it again, and return when it is ready."""
        self.processes.kill(_NAME)
        self.processes.again(_NAME)
        _wait_ready(self.kubectl, self.processes)


@contextmanager
def etcd_server(programs: Mapping[str, Path], folder: Path) -> Iterator[str]:
    """Run etcd in `folder`, which keeps its log, and give its URL; it is ended with the block, its data removed."""
    client, peer = free_ports(2)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder / "etcd", ignore_errors=True)
        processes = stack.enter_context(Processes(folder))
        processes.start("etcd", programs["etcd"], *_etcd_flags(folder, client, peer))
        yield f"http://127.0.0.1:{client}"


@contextmanager
def api_server(
    programs: Mapping[str, Path],
    folder: Path,
    etcd: str,
    users: Mapping[str, Sequence[str]] | None = None,
    host: str = LOOPBACK,
) -> Iterator[ApiServer]:
    """Run kube-apiserver in `folder`, which keeps its log; it is ended with the block.

    `etcd` is the URL of an etcd that several servers may share: the folder's name keeps their objects apart. `users`
    maps further users to their groups; they may do nothing until a role is bound to them. It listens on `host`, which
    may also be the address that it stores behind the Service `kubernetes` (never a loopback address).
    Raises BenchError with the end of a log if the server does not become ready.
    """
    everyone = {ADMIN: ["system:masters"], **(users or {})}
    tokens = {user: secrets.token_hex(16) for user in everyone}
    (folder / "tokens.csv").write_text(
        "".join(f'{tokens[user]},{user},{user},"{",".join(groups)}"\n' for user, groups in everyone.items())
    )
    (port,) = free_ports(1, host)
    with Processes(folder) as processes:
        processes.start(_NAME, programs[_NAME], *_apiserver_flags(folder, etcd, host, port))
        server = _describe(folder, f"https://{host}:{port}", programs["kubectl"], tokens, processes)
        _wait_ready(server.kubectl, processes)
        yield server


def write_kubeconfig(path: Path, url: str, certificate: Path, token: str) -> None:
    """Write a kubeconfig (JSON is YAML) for one user of a server."""
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "bench", "cluster": {"server": url, "certificate-authority": str(certificate)}}],
        "users": [{"name": "bench", "user": {"token": token}}],
        "contexts": [{"name": "bench", "context": {"cluster": "bench", "user": "bench"}}],
        "current-context": "bench",
    }
    path.write_text(json.dumps(config, indent=2))


def _describe(folder: Path, url: str, kubectl: Path, tokens: Mapping[str, str], processes: Processes) -> ApiServer:
    certificate, kubeconfig = folder / "certs/apiserver.crt", folder / "kubeconfig"
    write_kubeconfig(kubeconfig, url, certificate, tokens[ADMIN])
    return ApiServer(url, certificate, kubeconfig, Kubectl(kubectl, kubeconfig), tokens, processes)


def _etcd_flags(folder: Path, client: int, peer: int) -> list[str]:
    client_url, peer_url = f"http://127.0.0.1:{client}", f"http://127.0.0.1:{peer}"
    return [
        f"--data-dir={folder / 'etcd'}",
        "--unsafe-no-fsync",
        f"--listen-client-urls={client_url}",
        f"--advertise-client-urls={client_url}",
        f"--listen-peer-urls={peer_url}",
        f"--initial-advertise-peer-urls={peer_url}",
        f"--initial-cluster=default={peer_url}",
    ]


def _apiserver_flags(folder: Path, etcd: str, host: str, port: int) -> list[str]:
    # The server makes its own certificate before it reads this key, so it serves for service accounts as well.
    key = folder / "certs/apiserver.key"
    return [
        f"--etcd-servers={etcd}",
        f"--etcd-prefix=/{folder.name}",
        f"--bind-address={host}",
        f"--secure-port={port}",
        f"--advertise-address={CONTROL_PLANE}",
        f"--cert-dir={folder / 'certs'}",
        f"--service-cluster-ip-range={SERVICES}",
        "--authorization-mode=RBAC",
        f"--token-auth-file={folder / 'tokens.csv'}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={key}",
        f"--service-account-signing-key-file={key}",
        "--disable-admission-plugins=ServiceAccount",
    ]


def _wait_ready(kubectl: Kubectl, processes: Processes) -> None:
    deadline = time.monotonic() + START_TIMEOUT
    while kubectl.run("get", "--raw=/readyz", "--request-timeout=5s").returncode:
        processes.check()
        if time.monotonic() > deadline:
            log = processes.tail(_NAME)
            raise BenchError(f"kube-apiserver is not ready after {START_TIMEOUT:.0f} s; {log}")
        time.sleep(0.1)


def free_ports(count: int, host: str = LOOPBACK) -> list[int]:
    """Return ports of an address of this machine that nobody listens on."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.create_server((host, 0))) for _ in range(count)]
        return [int(each.getsockname()[1]) for each in sockets]
