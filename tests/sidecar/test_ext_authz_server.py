"""The service as a process: its ports, its health, its metrics, and its end."""

from __future__ import annotations

import http.client
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

BODY = b'{"model": "m", "owned_by": "sglang"}'
JSON = {"content-type": "application/json"}


@contextmanager
def serving(*words: str) -> Iterator[tuple[subprocess.Popen[str], int, int]]:
    """Run the service on free ports; yield the process and both ports."""
    command = [sys.executable, "-m", "llmd_routes_sidecar", "ext-authz", *words, "--port=0", "--inner-port=0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        found = re.findall(r"port (\d+), health and metrics on (\d+)", process.stderr.readline())
        yield process, int(found[0][0]), int(found[0][1])
    finally:
        process.kill()
        process.communicate()


def connected(port: int) -> closing[http.client.HTTPConnection]:
    """Return a connection that is closed at the end of a block."""
    return closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10))


def ask(
    connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None = None
) -> tuple[int, dict[str, str], str]:
    connection.request(method, path, body, JSON)
    response = connection.getresponse()
    return response.status, dict(response.getheaders()), response.read().decode()


def test_it_answers_counts_and_reports_its_health() -> None:
    with ExitStack() as opened, serving("--split", "n", "a=0,b=1") as (_, port, inner):
        gateway, probe = (opened.enter_context(connected(each)) for each in (port, inner))
        for body, owner in ((BODY, "sglang"), (b'{"model": "n"}', "b")):
            status, headers, _ = ask(gateway, "POST", "/v1/completions", body)
            assert (status, headers["x-owned-by"]) == (200, owner)
        assert ask(gateway, "POST", "/v1/completions", b"[")[0] == 400
        assert [ask(probe, "GET", path)[0] for path in ("/health", "/readyz", "/nothing")] == [200, 200, 404]
        text = ask(probe, "GET", "/metrics")[2]
        assert 'llmd_routes_ext_authz_requests_total{outcome="model"} 2.0' in text
        assert "llmd_routes_ext_authz_held_bytes 0.0" in text


def test_it_drains_before_it_ends() -> None:
    with ExitStack() as opened, serving() as (process, port, inner):
        gateway, probe = (opened.enter_context(connected(each)) for each in (port, inner))
        ask(gateway, "POST", "/v1/completions", BODY)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        # It is not ready, and still answers.
        assert ask(probe, "GET", "/readyz")[0] == 503
        assert ask(gateway, "POST", "/v1/completions", BODY)[0] == 200
        assert process.wait(15) == 0


def test_the_largest_body_and_the_memory_are_limited() -> None:
    with serving("--body-limit=1000", "--held-limit=500") as (_, port, _):
        for size, status in ((100, 200), (600, 503), (1002, 413)):
            with connected(port) as gateway:
                assert ask(gateway, "POST", "/v1/completions", b'{"model": "m"}'.ljust(size))[0] == status


def test_a_port_in_use() -> None:
    with serving() as (_, port, _):
        command = [sys.executable, "-m", "llmd_routes_sidecar", "ext-authz", f"--port={port}", "--inner-port=0"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=30)
        assert done.returncode == 2 and done.stderr.startswith("error: ") and "in use" in done.stderr


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads the memory of a process as on Linux")
def test_it_is_small_and_imports_no_grpc() -> None:
    with serving() as (process, port, _), connected(port) as gateway:
        for _ in range(100):
            ask(gateway, "POST", "/v1/completions", BODY)
        status = Path(f"/proc/{process.pid}/status").read_text()
        maps = Path(f"/proc/{process.pid}/maps").read_text()
    assert int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0]) <= 40 * 1024
    assert "grpc" not in maps
