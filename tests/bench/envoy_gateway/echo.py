"""A server at all addresses of pods, which answers with the address that it was asked at."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = 8000


class _Echo(BaseHTTPRequestHandler):
    """Answers with the address that it was asked at."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Read the body, and answer."""
        self.rfile.read(int(self.headers.get("content-length", 0)))
        text = str(self.connection.getsockname()[0]).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    do_POST = do_PUT = do_GET

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@contextmanager
def echo_server() -> Iterator[None]:
    """Answer until the block ends."""
    with ThreadingHTTPServer(("0.0.0.0", PORT), _Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield
        server.shutdown()
