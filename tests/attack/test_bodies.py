"""Bodies that would take all memory or stop a service: what a body may cost is bounded by how long it is.

A body is read in a process of its own, whose memory is limited: where that is exceeded nothing is decided.
"""

from __future__ import annotations

import asyncio
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from envoy.service.ext_proc.v3 import external_processor_pb2 as pb
from envoy.service.ext_proc.v3 import external_processor_pb2_grpc as pb_grpc

from llmd_routes.gateways.body_processor import memory_of
from llmd_routes.kube.objects import Ref
from llmd_routes.model.bodies import Processor
from llmd_routes_sidecar import ext_proc
from llmd_routes_sidecar.exchange import Room
from llmd_routes_sidecar.extraction import Settings
from llmd_routes_sidecar.metrics import Metrics
from tests.sidecar.test_ext_proc import head, headers_of, piece, processing, status_of

from .bombs import BOMBS

MIB = 1024**2
# Of a body of so many MiB, and beside it (MiB): the copy in which surrogates are mended, and some room.
SIZE, BESIDE = 8, 8 + 16
READ = f"""
import resource, sys
from tests.attack.bombs import BOMBS
from llmd_routes_sidecar.extraction import Settings, decide
from llmd_routes_sidecar.request_head import Request
kind, made, _ = BOMBS[sys.argv[1]]
request = Request("POST", "h", "/v1/x", (("content-type", kind),))
settings = Settings(body_limit={2 * SIZE * MIB}, strip_engine_fields=sys.argv[2] == "strips")
decide(request, settings, min, b"--a--" if "form" in kind else b'{{"model": "m", "engine": "\\xe9"}}')
body = bytearray(made({SIZE * MIB}))
pages = int(open("/proc/self/statm").read().split()[0])
limit = pages * resource.getpagesize() + {BESIDE * MIB}
resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
found = decide(request, settings, min, body)
print(found.model, found.owner)
"""

linux = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="limits memory as Linux does")


@linux
@pytest.mark.parametrize("strips", ["strips", "keeps"])
@pytest.mark.parametrize("name", BOMBS)
def test_a_body_takes_little_more_than_itself(name: str, strips: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", READ, name, strips], capture_output=True, text=True, timeout=120, check=False
    )
    model = BOMBS[name].model
    assert (done.returncode, done.stdout) == (0, f"{model} {'x' if model else None}\n"), done.stderr[-500:]


@linux
def test_a_service_stays_within_the_memory_that_is_emitted_for_it() -> None:
    """All of them one after another, each as large as a body may be; what other requests are told goes on."""
    limit = 8 * MIB
    emitted = memory_of(Settings(body_limit=limit), Processor(Ref("ns", "Deployment", "x"), "image", limit))
    limits = (f"--body-limit={limit}", f"--held-limit={limit}")
    with processing(*limits) as (process, port, health, _), grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        for bomb in BOMBS.values():
            answers = pb_grpc.ExternalProcessorStub(channel).Process(messages(bomb.kind, bomb.made(limit - MIB)))
            first = next(answers)
            assert headers_of(first).get("x-gateway-model-name") == bomb.model
            if bomb.model is None:
                assert first.immediate_response.status.code == 400
                assert status_of(health) == 1
                continue
            # The service keeps a stream open for a second after the last chunk.
            chunks = (answer.request_body.response.body_mutation.streamed_response for answer in answers)
            assert any(chunk.end_of_stream for chunk in chunks)
            answers.cancel()
            assert status_of(health) == 1
        peak = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process.pid}/status").read_text())
    assert peak and int(peak[1]) * 1024 <= emitted, (peak, emitted)


def messages(kind: str, body: bytes) -> Iterator[pb.ProcessingRequest]:
    """Yield the head and the pieces of a request."""
    first = head()
    for header in first.request_headers.headers.headers:
        if header.key == "content-type":
            header.raw_value = kind.encode()
    yield first
    for start in range(0, len(body), 60_000):
        yield piece(body[start : start + 60_000], start + 60_000 >= len(body))


class Context:
    """What grpc gives to a service: messages to read, replies to write."""

    def __init__(self, *messages: pb.ProcessingRequest) -> None:
        self.messages, self.replies = list(messages), 0

    async def read(self) -> Any:
        return self.messages.pop(0) if self.messages else grpc.aio.EOF

    async def write(self, reply: Any) -> None:
        self.replies += 1


@pytest.mark.parametrize(("size", "is_beside"), [(10, False), (MIB, True)])
def test_large_bodies_are_decided_beside_the_loop(size: int, is_beside: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[threading.Thread] = []

    def draw(weights: object) -> str:
        threads.append(threading.current_thread())
        return "vllm"

    monkeypatch.setattr(ext_proc, "draw", draw)
    room = Room(4 * MIB)
    service = ext_proc.Processor(Settings(splits={"m": {"vllm": 1}}), room, Metrics(room))
    body = b'{"model": "m", "x": "' + b"x" * size + b'"}'
    context = Context(
        head(), *(piece(body[at : at + 500_000], at + 500_000 >= len(body)) for at in range(0, len(body), 500_000))
    )
    monkeypatch.setattr(ext_proc, "_PATIENCE", 0)
    asyncio.run(service.Process(None, context))
    assert [thread is not threading.main_thread() for thread in threads] == [is_beside]
    assert (context.replies > 1, room.free) == (True, 4 * MIB)
