"""The services that read bodies, behind a real Envoy, with bodies that would take all memory, several at a time."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from subprocess import Popen
from typing import get_args

import pytest

from llmd_routes.gateways.body_processor import memory_of
from llmd_routes.kube.objects import Ref
from llmd_routes.model.bodies import Processor, Protocol
from llmd_routes_sidecar.extraction import Settings
from llmd_routes_sidecar.owners import MODEL_HEADER
from tests.attack.bombs import BOMBS, Bomb
from tests.sidecar.test_ext_authz_server import serving
from tests.sidecar.test_ext_proc import processing

from .authz import cluster as service_cluster
from .conftest import ROUTES
from .process import envoy
from .sidecar import cluster as sidecar_cluster
from .sidecar import emitted
from .upstream import Upstream, read

MIB = 1024**2
# The largest body, and what is held of all bodies: a fifth request at the same time may be answered 503.
LIMIT, HELD = 8 * MIB, 32 * MIB


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the memory of a process as on Linux")
@pytest.mark.parametrize("service", get_args(Protocol))
def test_no_bomb_takes_more_than_the_limit_of_the_pod(behind: Upstream, tmp_path: Path, service: Protocol) -> None:
    settings = Settings(body_limit=LIMIT)
    emitted_limit = memory_of(settings, Processor(Ref("ns", "Deployment", "x"), "image", HELD, protocol=service))
    cluster = sidecar_cluster if service == "ext-proc" else service_cluster
    with (
        running(service) as (process, port),
        envoy(tmp_path, behind.port, ROUTES, emitted(settings, service), further=[cluster(port)]) as gateway,
        ThreadPoolExecutor(4) as clients,
    ):
        statuses = list(clients.map(lambda bomb: post(gateway.port, bomb.kind, bomb.made(LIMIT - MIB)), BOMBS.values()))
        assert statuses == [expected(bomb) for bomb in BOMBS.values()]
        peak = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
        assert process.poll() is None
    assert peak and int(peak[1]) * 1024 <= emitted_limit, (peak, emitted_limit)


@contextmanager
def running(service: str) -> Iterator[tuple[Popen[str], int]]:
    """Run a service with the limits; yield its process and its port."""
    limits = (f"--body-limit={LIMIT}", f"--held-limit={HELD}")
    with processing(*limits) if service == "ext-proc" else serving(*limits) as started:
        yield started[0], started[1]


def expected(bomb: Bomb) -> tuple[int, str | None]:
    return (200, bomb.model) if bomb.model else (400, None)


def post(port: int, kind: str, body: bytes) -> tuple[int, str | None]:
    """Return the status of an answer, and the model that the request was routed by.

    A client may have its answer before the body of the request is released, so its next request is sent until a body is
    accepted.
    """
    answer = post_once(port, kind, body)
    for _ in range(100):
        if answer[0] != 503:
            break
        time.sleep(0.05)
        answer = post_once(port, kind, body)
    return answer


def post_once(port: int, kind: str, body: bytes) -> tuple[int, str | None]:
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", "/v1/chat/completions", body, {"content-type": kind})
        answer = connection.getresponse()
        raw = answer.read()
    finally:
        connection.close()
    return answer.status, read(raw).value(MODEL_HEADER) if answer.status == 200 else None
