"""Talking to an API server over real sockets: a small HTTP server stands in for it."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from llmd_routes.errors import ClusterError, InputError
from llmd_routes.reading.connection import connect
from tests.generator.reading.test_cluster import Fake, named
from tests.golden import run

Reply = tuple[int, dict[str, str], bytes]
DEPLOYMENTS = "/apis/apps/v1/deployments"


def replying(body: Any, status: int = 200, **headers: str) -> Reply:
    return status, headers, body if isinstance(body, bytes) else json.dumps(body).encode()


@contextmanager
def server(answer: Callable[[str], Reply]) -> Iterator[str]:
    """Serve `answer(path with query)` on a free port of the loopback address; gives the URL."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Head and body leave in one piece: apart, each waits for the other side (40 ms).
        wbufsize = 65536

        def do_GET(self) -> None:
            status, headers, body = answer(self.path)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that gave up is what the test wants."""

    with Quiet(("127.0.0.1", 0), Handler) as listening:
        thread = threading.Thread(target=listening.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.server_address[1]}"
        finally:
            listening.shutdown()
            thread.join()


def answered(fake: Fake, path: str) -> Reply:
    """Return what a server that is a dict answers for a path with its query."""
    asked = urlsplit(path)
    answer = fake.get(asked.path, dict(parse_qsl(asked.query)), "application/json")
    return replying(dict(answer.body), answer.status)


def kubeconfig(path: Path, url: str, namespace: str | None = None, token: str = "t") -> Path:
    context = {"cluster": "c", "user": "u"} | ({"namespace": namespace} if namespace else {})
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c", "cluster": {"server": url}}],
        "users": [{"name": "u", "user": {"token": token}}],
        "contexts": [{"name": "here", "context": context}, {"name": "other", "context": {**context, "namespace": "o"}}],
        "current-context": "here",
    }
    path.write_text(json.dumps(config))
    return path


@pytest.fixture
def use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    def point(url: str, **more: Any) -> None:
        monkeypatch.setenv("KUBECONFIG", str(kubeconfig(tmp_path / "kubeconfig", url, **more)))

    return point


def test_the_namespace_is_that_of_the_context(use: Callable[..., None]) -> None:
    use("http://127.0.0.1:1")
    assert connect(None, 1).namespace == "default"
    use("http://127.0.0.1:1", namespace="n")
    assert connect(None, 1).namespace == "n"
    assert connect("other", 1).namespace == "o"


def test_a_kubeconfig_that_is_named_wins(use: Callable[..., None], tmp_path: Path) -> None:
    use("http://127.0.0.1:1")
    named = kubeconfig(tmp_path / "named", "http://127.0.0.1:2", namespace="x")
    assert connect(None, 1, str(named)).namespace == "x"
    with pytest.raises(InputError, match=r"^--kubeconfig missing: no such file; check the path$"):
        connect(None, 1, "missing")


def test_an_answer_comes_with_its_status(use: Callable[..., None]) -> None:
    asked: list[str] = []

    def answer(path: str) -> Reply:
        asked.append(path)
        return replying({"items": []}) if path.startswith("/api/") else replying(b"404 page not found", 404)

    with server(answer) as url:
        use(url)
        connection = connect(None, 5)
        assert connection.get("/api/v1/pods", {"limit": "5", "continue": "a+b"}, "application/json").body == {
            "items": []
        }
        assert connection.get("/apis/x/v1", {}, "application/json").status == 404
    assert asked == ["/api/v1/pods?limit=5&continue=a%2Bb", "/apis/x/v1"]


def test_a_busy_server_is_asked_again(use: Callable[..., None]) -> None:
    replies = [replying({}, 429, Retry_After="0"), replying({}, 503), replying({"items": []})]
    with server(lambda path: replies.pop(0)) as url:
        use(url)
        assert connect(None, 5).get("/api/v1/pods", {}, "application/json").status == 200
    assert replies == []


REFUSED = [
    (replying({}, 401), "rejected the credentials; renew them, or check --context"),
    (replying({}, 500), "answers 500 for /api/v1/pods; check that it is a healthy API server"),
    (replying(b"<html>"), "answers 200 for /api/v1/pods; check that it is a healthy API server"),
    (replying([1]), "answers 200 for /api/v1/pods; check that it is a healthy API server"),
]


@pytest.mark.parametrize(("reply", "fact"), REFUSED)
def test_what_is_no_answer(use: Callable[..., None], reply: Reply, fact: str) -> None:
    with server(lambda path: reply) as url:
        use(url)
        with pytest.raises(ClusterError) as caught:
            connect(None, 5).get("/api/v1/pods", {}, "application/json")
    assert caught.value.lines == (f"cluster {url}: {fact}",)


def test_a_server_that_is_not_there(use: Callable[..., None]) -> None:
    with server(lambda path: replying({})) as url:
        pass
    use(url)
    done = run("generate", "-n", "x")
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr == f"error: cluster {url}: cannot be reached: Connection refused\n  fix: check the kubeconfig\n"


def test_a_list_that_hangs_in_the_middle_of_its_pages(use: Callable[..., None]) -> None:
    fake = Fake({DEPLOYMENTS: named("a", "b", "c")})

    def answer(path: str) -> Reply:
        if "continue" in path:
            time.sleep(1)
        return answered(fake, path)

    with server(answer) as url:
        use(url)
        done = run("generate", "-A", "--request-timeout", "200ms")
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr == (
        f"error: cluster {url}: no answer for {DEPLOYMENTS} within 0.2 s\n  fix: check the cluster, or raise"
        f" --request-timeout\n"
    )


BROKEN = ["", "{", "a: b", "[]", "clusters: []\ncontexts: []\ncurrent-context: x\nusers: []\n", "\0"]


@pytest.mark.parametrize("text", BROKEN)
def test_a_broken_kubeconfig(text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "config").write_text(text)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    with pytest.raises(InputError) as caught:
        connect(None, 1)
    (problem,) = caught.value.lines
    assert problem.startswith("kubeconfig: ")
    assert problem.endswith("; check KUBECONFIG and --context")


def test_a_context_that_is_not_there(use: Callable[..., None]) -> None:
    use("http://127.0.0.1:1")
    with pytest.raises(InputError, match=r"^kubeconfig: .*nowhere.*; check KUBECONFIG and --context$"):
        connect("nowhere", 1)
