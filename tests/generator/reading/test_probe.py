"""Probes are sent as the request says, and whatever comes back, or does not, is an answer."""

from __future__ import annotations

import http.server
import json
import re
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme

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


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def encrypted(authority: trustme.CA) -> Iterator[Entry]:
    """A server with a certificate for models.example.com."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("models.example.com").configure_cert(context)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Entry("https", "127.0.0.1", server.server_address[1])
        server.shutdown()


@pytest.mark.parametrize(
    ("host", "is_trusted", "failure"),
    [
        ("models.example.com", True, ""),
        ("other.example.com", True, "hostname 'other.example.com' doesn't match|certificate is not valid for"),
        ("models.example.com", False, "certificate verify failed"),
    ],
)
def test_certificates_are_checked_for_the_host_of_the_request(
    host: str,
    is_trusted: bool,
    failure: str,
    encrypted: Entry,
    authority: trustme.CA,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """SSL_CERT_FILE names a private authority, as for other programs."""
    if is_trusted:
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    (answer,) = send_probes(encrypted, [client_request({"model": "m"}, host=host)], [])
    assert answer.status == (None if failure else 200), answer.failure
    assert re.search(failure, answer.failure)
