"""`python -m tests.envoy.upstream PORT`: a server that answers with what it got.

That is the path, the headers in order, the length and digest of the body, and trailers.
Each head is told as soon as it arrives, so a test sees whether a body was held back before it.
"""

from __future__ import annotations

import hashlib
import json
import queue
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from llmd_routes_sidecar.owners import MODEL_HEADER, OWNER_HEADER
from tests.sidecar.vectors import SETTINGS, Outcome, Vector

_BLOCK = 65536


@dataclass(frozen=True)
class Got:
    """What arrived of a request."""

    path: str
    headers: tuple[tuple[str, str], ...]
    length: int = 0
    digest: str = ""
    trailers: tuple[str, ...] = ()

    def value(self, name: str) -> str | None:
        """Return the values of a header, joined; None when there is none."""
        found = [value for each, value in self.headers if each.lower() == name]
        return ", ".join(found) if found else None


class Upstream(ThreadingHTTPServer):
    """The server, by default on a port of its own."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        super().__init__((host, port), _Handler)
        self.heads: queue.Queue[Got] = queue.Queue()

    def forget(self) -> None:
        """Leave out the heads that came so far."""
        while not self.heads.empty():
            self.heads.get_nowait()

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Head and body leave in one piece: apart, each waits for the other side (40 ms).
    wbufsize = 65536
    server: Upstream

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""

    def _answer(self) -> None:
        self.server.heads.put(Got(self.path, tuple(self.headers.items())))
        digest, length = hashlib.sha256(), 0
        trailers: list[str] = []
        for block in self._body(trailers):
            digest.update(block)
            length += len(block)
        said: dict[str, Any] = {"path": self.path, "headers": self.headers.items(), "length": length}
        said |= {"digest": digest.hexdigest(), "trailers": trailers}
        raw = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(raw)

    do_GET = do_HEAD = do_POST = do_PUT = do_OPTIONS = _answer

    def _body(self, trailers: list[str]) -> Iterator[bytes]:
        if "chunked" not in self.headers.get("transfer-encoding", ""):
            yield self.rfile.read(int(self.headers.get("content-length", 0)))
            return
        while size := int(self.rfile.readline().split(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline()
        while line := self.rfile.readline().strip():
            trailers.append(line.decode())


def read(body: bytes) -> Got:
    """Return an answer of the server as a value."""
    said = json.loads(body)
    headers = tuple((name, value) for name, value in said["headers"])
    return Got(said["path"], headers, said["length"], said["digest"], tuple(said["trailers"]))


def outcome(vector: Vector, got: Got) -> Outcome:
    """Return what became of a vector's request, by what arrived; of the owners of a split any will do."""
    original = ", ".join(vector.request.values(OWNER_HEADER)) or None
    wanted, model, owner = vector.wanted("lua"), got.value(MODEL_HEADER), got.value(OWNER_HEADER)
    if (wanted.owner == "kept" and owner == original) or owner in SETTINGS.splits.get(model or "", ()):
        owner = wanted.owner
    return Outcome(model, owner, got.path, None, wanted.read)


@contextmanager
def upstream(host: str = "127.0.0.1") -> Iterator[Upstream]:
    """Run the server on an address until the block ends."""
    with Upstream(host) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


if __name__ == "__main__":
    Upstream("0.0.0.0", int(sys.argv[1])).serve_forever()
