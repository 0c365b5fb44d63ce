"""Probes are sent as the request says, and whatever comes back, or does not, is an answer."""

from __future__ import annotations

import http.server
import json
import threading
from collections.abc import Iterator

import pytest

from llmd_routes.model.probes import Entry
from llmd_routes.reading.probe import send_probes
from tests.generator.explaining.asking import client_request


class _Echo(http.server.BaseHTTPRequestHandler):
    """Answers with what it got, or as the path says."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        status = int(self.path.rpartition("/")[2]) if self.path.startswith("/status/") else 200
        if self.path == "/closed":
            self.connection.close()
            return
        said = {"host": self.headers["host"], "key": self.headers["x-key"], "body": json.loads(body)}
        text = json.dumps(said).encode() + b" " * 10_000
        self.send_response(status)
        self.send_header("location", "/elsewhere")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def version_string(self) -> str:
        return "echo"

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def entry() -> Iterator[Entry]:
    """A server on the loopback."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Entry("http", "127.0.0.1", server.server_address[1])
        server.shutdown()


def test_host_headers_and_body_are_sent(entry: Entry) -> None:
    request = client_request({"model": "m"}, host="models.example.com")
    (answer,) = send_probes(entry, [request], [("x-key", "k")])
    assert (answer.status, answer.server) == (200, "echo")
    said = json.loads(answer.text)
    assert said == {"host": "models.example.com", "key": "k", "body": {"model": "m"}}
    assert len(answer.text) == 4096


def test_answers_are_in_order_and_not_followed_or_repeated(entry: Entry) -> None:
    statuses = [200, 302, 404, 503, 429] * 4
    requests = [client_request({"model": "m"}, f"/status/{status}", host=f"h{status}") for status in statuses]
    assert [answer.status for answer in send_probes(entry, requests, [])] == statuses


def test_a_connection_that_ends_early_is_no_answer(entry: Entry) -> None:
    (answer,) = send_probes(entry, [client_request({"model": "m"}, "/closed")], [])
    assert answer.status is None
    assert answer.failure


@pytest.mark.parametrize(
    ("scheme", "host", "port", "reason"),
    [
        ("http", "127.0.0.1", 1, "Failed to establish a new connection: [Errno 111] Connection refused"),
        ("http", "no-such-host.invalid", 80, "Failed to resolve 'no-such-host.invalid'"),
    ],
)
def test_the_reason_has_no_objects_of_the_library(scheme: str, host: str, port: int, reason: str) -> None:
    (answer,) = send_probes(Entry(scheme, host, port), [client_request({"model": "m"})], [])
    assert answer.status is None
    assert answer.failure.startswith(reason)


def test_plain_http_at_a_port_of_tls_is_named(entry: Entry) -> None:
    (answer,) = send_probes(Entry("https", entry.host, entry.port), [client_request({"model": "m"})], [])
    assert "WRONG_VERSION_NUMBER" in answer.failure or "record layer failure" in answer.failure
