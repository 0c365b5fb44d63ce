"""The processor as a process: its ports, TLS, health, metrics, limits, its end. Asked by gRPC as Envoy asks."""

from __future__ import annotations

import re
import signal
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import grpc
import pytest
import trustme
from envoy.config.core.v3.base_pb2 import HeaderMap, HeaderValue
from envoy.extensions.filters.http.ext_proc.v3.processing_mode_pb2 import ProcessingMode
from envoy.service.ext_proc.v3 import external_processor_pb2 as pb
from envoy.service.ext_proc.v3 import external_processor_pb2_grpc as pb_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from llmd_routes_sidecar.cli import main

from .test_models_server import soon

BODY = b'{"model": "m", "owned_by": "VLLM"}'
DUPLEX = pb.ProtocolConfiguration(request_body_mode=ProcessingMode.FULL_DUPLEX_STREAMED)


@contextmanager
def processing(*words: str) -> Iterator[tuple[subprocess.Popen[str], int, int, int]]:
    """Run it; yields the process, and the ports of requests, health and metrics."""
    command = [sys.executable, "-m", "llmd_routes_sidecar", "ext-proc", *words]
    ports = ["--port=0", "--health-port=0", "--metrics-port=0"]
    process = subprocess.Popen([*command, *ports], stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr
        told = re.fullmatch(
            r"ext-proc: answering on port (\d+), health on (\d+), metrics on (\d+)\n", process.stderr.readline()
        )
        assert told
        yield process, int(told[1]), int(told[2]), int(told[3])
    finally:
        process.kill()
        process.wait()
        assert process.stderr
        process.stderr.close()


def head(path: str = "/v1/chat/completions") -> pb.ProcessingRequest:
    values = {":method": "POST", ":authority": "h", ":path": path, "content-type": "application/json"}
    headers = HeaderMap(headers=[HeaderValue(key=name, raw_value=value.encode()) for name, value in values.items()])
    return pb.ProcessingRequest(request_headers=pb.HttpHeaders(headers=headers), protocol_config=DUPLEX)


def piece(data: bytes, ended: bool) -> pb.ProcessingRequest:
    return pb.ProcessingRequest(request_body=pb.HttpBody(body=data, end_of_stream=ended))


def asked(channel: grpc.Channel, *messages: pb.ProcessingRequest) -> list[pb.ProcessingResponse]:
    return list(pb_grpc.ExternalProcessorStub(channel).Process(iter(messages), timeout=20))


def headers_of(answer: pb.ProcessingResponse) -> dict[str, str]:
    common = answer.request_headers.response
    return {one.header.key: one.header.raw_value.decode() for one in common.header_mutation.set_headers}


def status_of(port: int) -> int:
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        health: Any = health_pb2_grpc.HealthStub(channel)
        asked = health.Check(health_pb2.HealthCheckRequest(), timeout=20)
        return int(asked.status)


def counted(port: int) -> list[str]:
    with urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
        return list(answer.read().decode().splitlines())


def test_it_answers_tells_its_health_and_counts() -> None:
    with processing() as (_, port, health, metrics), grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        first, *rest = asked(channel, head(), piece(BODY[:5], False), piece(BODY[5:], True))
        assert headers_of(first) == {"x-gateway-model-name": "m", "x-owned-by": "vllm"}
        assert first.request_headers.response.clear_route_cache
        passed = [one.request_body.response.body_mutation.streamed_response for one in rest]
        assert b"".join(one.body for one in passed) == BODY and passed[-1].end_of_stream
        asked(channel, head("/other"), piece(b"x", True))
        assert status_of(health) == health_pb2.HealthCheckResponse.SERVING
        lines = counted(metrics)
        for line in (
            'llmd_routes_ext_proc_requests_total{outcome="model"} 1.0',
            'llmd_routes_ext_proc_requests_total{outcome="not_ours"} 1.0',
            f"llmd_routes_ext_proc_body_bytes_total {len(BODY) + 1}.0",
            "llmd_routes_ext_proc_held_bytes 0.0",
            "llmd_routes_ext_proc_seconds_count 2.0",
        ):
            assert line in lines


def test_a_split_is_drawn() -> None:
    """Each of both with a hundred requests, but for a chance of one in 10^29."""
    words = ("--split", "m", "vllm=1,sglang=1", "--split", "-n", "tgi=0,vllm=1")
    with processing(*words) as (_, port, _, _), grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stub = pb_grpc.ExternalProcessorStub(channel)
        streams = [stub.Process(iter([head(), piece(b'{"model": "m"}', True)]), timeout=20) for _ in range(100)]
        drawn = {headers_of(next(one))["x-owned-by"] for one in streams}
        (other, *_) = asked(channel, head(), piece(b'{"model": "-n"}', True))
    assert drawn == {"vllm", "sglang"}
    assert headers_of(other)["x-owned-by"] == "vllm"


def test_what_it_does_not_hold() -> None:
    limits = ("--body-limit=1000", "--held-limit=1500")
    gone = threading.Event()

    def held() -> Iterator[pb.ProcessingRequest]:
        yield from (head(), piece(b"x" * 900, False))
        gone.wait(20)

    with processing(*limits) as (_, port, _, metrics), grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        (too_large,) = asked(channel, head(), piece(b"x" * 900, False), piece(b"x" * 101, True))
        stream = pb_grpc.ExternalProcessorStub(channel).Process(held())
        soon(lambda: "llmd_routes_ext_proc_held_bytes 900.0" in counted(metrics))
        (busy,) = asked(channel, head(), piece(b"x" * 900, True))
        gone.set()
        assert list(stream) == []
        soon(lambda: "llmd_routes_ext_proc_held_bytes 0.0" in counted(metrics))
    assert too_large.immediate_response.status.code == 413
    assert b"request_too_large" in too_large.immediate_response.body
    assert busy.immediate_response.status.code == 503
    assert {one.header.key: one.header.raw_value for one in busy.immediate_response.headers.set_headers} == {
        "content-type": b"application/json",
        "retry-after": b"1",
    }


def test_with_tls(tmp_path: Path) -> None:
    authority = trustme.CA()
    issued = authority.issue_cert("localhost")
    issued.private_key_pem.write_to_path(str(tmp_path / "key"))
    issued.cert_chain_pems[0].write_to_path(str(tmp_path / "cert"))
    with processing(f"--tls-cert={tmp_path / 'cert'}", f"--tls-key={tmp_path / 'key'}") as (_, port, health, _):
        trusted = grpc.ssl_channel_credentials(authority.cert_pem.bytes())
        with grpc.secure_channel(f"localhost:{port}", trusted) as channel:
            assert headers_of(asked(channel, head(), piece(BODY, True))[0])["x-owned-by"] == "vllm"
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel, pytest.raises(grpc.RpcError):
            asked(channel, head(), piece(BODY, True))
        assert status_of(health) == health_pb2.HealthCheckResponse.SERVING


def test_with_a_certificate_of_its_own() -> None:
    """Who takes any certificate is answered; there is nobody to ask about this one."""
    with processing("--tls-self-signed") as (_, port, _, _):
        shown = ssl.get_server_certificate(("127.0.0.1", port))
        trusted = grpc.ssl_channel_credentials(shown.encode())
        name = [("grpc.ssl_target_name_override", "llmd-routes-sidecar")]
        with grpc.secure_channel(f"127.0.0.1:{port}", trusted, options=name) as channel:
            assert headers_of(asked(channel, head(), piece(BODY, True))[0])["x-owned-by"] == "vllm"


def test_it_ends_when_what_it_began_is_done() -> None:
    with processing() as (process, port, _, metrics), grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        stream = pb_grpc.ExternalProcessorStub(channel).Process(_slowly(process, metrics), timeout=20)
        answers = list(stream)
        assert headers_of(answers[0])["x-owned-by"] == "vllm"
        assert process.wait(20) == 0
        assert process.stderr and process.stderr.read() == ""


def _slowly(process: subprocess.Popen[str], metrics: int) -> Iterator[pb.ProcessingRequest]:
    """Yield a request that the end of the process comes into."""
    yield head()
    yield piece(BODY[:5], False)
    soon(lambda: "llmd_routes_ext_proc_held_bytes 5.0" in counted(metrics))
    process.send_signal(signal.SIGTERM)
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.5)
    yield piece(BODY[5:], True)


@pytest.mark.parametrize(
    "words",
    [
        ["--tls-cert", __file__],
        ["--tls-cert", __file__, "--tls-key", "/nowhere"],
        ["--tls-cert", __file__, "--tls-key", __file__],
        ["--tls-cert", __file__, "--tls-key", __file__, "--tls-self-signed"],
        ["--split", "m", "vllm"],
        ["--split", "m", "vllm=0"],
        ["--split", "m", "=1"],
        ["--body-limit", "1073741825"],
        ["x"],
    ],
)
def test_what_cannot_be_asked(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ext-proc", *words]) == 2
    out, err = capsys.readouterr()
    assert out == "" and err.startswith("error: ") and err.count("\n") == 1


def test_a_port_that_is_taken_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with processing() as (_, port, _, _):
        assert main(["ext-proc", f"--port={port}", "--health-port=0", "--metrics-port=0"]) == 2
    assert f"port {port}: cannot be listened on" in capsys.readouterr().err
