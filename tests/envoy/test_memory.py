"""The external processor behind a real Envoy, with bodies that would take all memory, several at a time."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path

import pytest

from llmd_routes.gateways.body_sidecar import memory_of
from llmd_routes.kube.objects import Ref
from llmd_routes.model.bodies import Processor
from llmd_routes_sidecar.extraction import Settings
from llmd_routes_sidecar.owners import MODEL_HEADER
from tests.attack.bombs import BOMBS, Bomb
from tests.sidecar.test_ext_proc import processing

from .conftest import ROUTES
from .process import envoy
from .sidecar import cluster, emitted
from .upstream import Upstream, read

MIB = 1024**2
# The largest body, and what is held of all bodies: a fifth request at the same time may be answered 503.
LIMIT, HELD = 8 * MIB, 32 * MIB


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the memory of a process as on Linux")
def test_no_bomb_takes_more_than_the_limit_of_the_pod(behind: Upstream, tmp_path: Path) -> None:
    settings = Settings(body_limit=LIMIT)
    emitted_limit = memory_of(settings, Processor(Ref("ns", "Deployment", "x"), "image", HELD))
    with (
        processing(f"--body-limit={LIMIT}", f"--held-limit={HELD}") as (process, port, _, _),
        envoy(tmp_path, behind.port, ROUTES, emitted(settings), further=[cluster(port)]) as gateway,
        ThreadPoolExecutor(4) as clients,
    ):
        statuses = list(clients.map(lambda bomb: post(gateway.port, bomb.kind, bomb.made(LIMIT - MIB)), BOMBS.values()))
        assert statuses == [expected(bomb) for bomb in BOMBS.values()]
        peak = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
        assert process.poll() is None
    assert peak and int(peak[1]) * 1024 <= emitted_limit, (peak, emitted_limit)


def expected(bomb: Bomb) -> tuple[int, str | None]:
    return (200, bomb.model) if bomb.model else (400, None)


def post(port: int, kind: str, body: bytes) -> tuple[int, str | None]:
    """Return the status of an answer, and the model that the request was routed by."""
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("POST", "/v1/chat/completions", body, {"content-type": kind})
        answer = connection.getresponse()
        raw = answer.read()
    finally:
        connection.close()
    return answer.status, read(raw).value(MODEL_HEADER) if answer.status == 200 else None
