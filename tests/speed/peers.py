"""What runs beside the gateways that are measured: the processors that they ask, and the server behind them."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from llmd_routes_sidecar.owners import MODEL_HEADER, OWNER_HEADER
from tests.bench.apiserver import free_ports
from tests.bench.waiting import until

_PYTHON: Final = (sys.executable, "-m")


class Asked(NamedTuple):
    """A process that a gateway asks: where it listens, and which it is."""

    port: int
    pid: int


def processor(program: Path, folder: Path) -> AbstractContextManager[Asked]:
    """Run the Go processor for both fields; it needs a kubeconfig, but asks nobody."""
    kubeconfig = folder / "nobody"
    cluster = {"name": "nobody", "cluster": {"server": "http://127.0.0.1:1"}}
    context = {"name": "nobody", "context": {"cluster": "nobody", "user": ""}}
    config = {"apiVersion": "v1", "kind": "Config", "clusters": [cluster], "contexts": [context]}
    kubeconfig.write_text(json.dumps({**config, "current-context": "nobody"}))
    port, health, metrics = free_ports(3)
    fields = (("model", MODEL_HEADER), ("owned_by", OWNER_HEADER))
    plugins = [
        f'--plugin=body-field-to-header:{name}:{{"fieldName":"{name}","headerName":"{header}"}}'
        for name, header in fields
    ]
    flags = [f"--grpc-port={port}", f"--grpc-health-port={health}", f"--metrics-port={metrics}", "--streaming"]
    flags += ["--secure-serving=false", "--metrics-endpoint-auth=false", "--tracing=false", "--enable-pprof=false"]
    words = (str(program), *flags, *plugins, "-v=0")
    return _running(folder / "processor.log", port, *words, KUBECONFIG=str(kubeconfig))


def ext_proc(folder: Path, limit: int) -> AbstractContextManager[Asked]:
    """Run our external processor as its pod does, for bodies up to a limit (bytes)."""
    port, health, metrics = free_ports(3)
    flags = [f"--port={port}", f"--health-port={health}", f"--metrics-port={metrics}", f"--body-limit={limit}"]
    return _running(folder / "ext_proc.log", port, *_PYTHON, "llmd_routes_sidecar", "ext-proc", *flags)


def ext_authz(folder: Path, limit: int) -> AbstractContextManager[Asked]:
    """Run our service over HTTP as its pod does, for bodies up to a limit (bytes)."""
    port, inner = free_ports(2)
    flags = [f"--port={port}", f"--inner-port={inner}", f"--body-limit={limit}"]
    return _running(folder / "ext_authz.log", port, *_PYTHON, "llmd_routes_sidecar", "ext-authz", *flags)


def empty_ext_proc(folder: Path) -> AbstractContextManager[Asked]:
    """Run a processor that only passes bodies on."""
    (port,) = free_ports(1)
    return _running(folder / "empty.log", port, *_PYTHON, "tests.speed.empty_ext_proc", str(port))


def server(program: Path, folder: Path) -> AbstractContextManager[Asked]:
    """Run the server behind the gateways."""
    (port,) = free_ports(1)
    return _running(folder / "server.log", port, str(program), f"--port={port}", "--size=100")


@contextmanager
def _running(log: Path, port: int, *words: str, **environment: str) -> Iterator[Asked]:
    """Run a program from when it listens until the block ends; a file keeps what it says."""
    with log.open("w") as file:
        running = subprocess.Popen(words, env=os.environ | environment, stdout=file, stderr=file)
        try:
            until(lambda: _listens(port), f"{words[0]} listens")
            yield Asked(port, running.pid)
        finally:
            running.kill()
            running.wait()


def _listens(port: int) -> bool:
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) == 0


def cpu(pid: int) -> float:
    """Return the seconds of CPU that a process has used (proc(5), stat, utime and stime)."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
