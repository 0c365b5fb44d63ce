"""Run the external processor: ports, TLS, health, metrics, signals. I/O."""

from __future__ import annotations

import asyncio
import socket
import sys
from dataclasses import dataclass
from typing import Any, Final

import grpc
from envoy.service.ext_proc.v3 import external_processor_pb2_grpc as pb_grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import aio as health_aio
from prometheus_client import make_asgi_app

from .certificates import Certificate
from .exchange import Room
from .ext_proc import Processor
from .extraction import Settings
from .http_server import HttpServer
from .metrics import Metrics
from .sockets import listen, port_of
from .stop import Stop

# Seconds after SIGTERM in which new requests are accepted, until gateways have removed the endpoint; then the maximum
# time for requests in progress.
_LINGER: Final = 2
_GRACE: Final = 10
# The maximum size of everything but the body in a message with a whole body, in bytes.
_HEADS: Final = 1024 * 1024
_SERVICES: Final = ("", "envoy.service.ext_proc.v3.ExternalProcessor")


@dataclass(frozen=True)
class Ports:
    """The ports to listen on; 0 selects a free port."""

    requests: int = 9004
    health: int = 9005
    metrics: int = 9090


def serve(settings: Settings, most_held: int, ports: Ports, certificate: Certificate | None) -> None:
    """Serve until SIGTERM or SIGINT; without a certificate over unencrypted HTTP/2. `most_held` is in bytes.

    Raises OSError if a port is in use, KeyboardInterrupt after SIGINT.
    """
    asyncio.run(_serve(settings, most_held, ports, certificate))


async def _serve(settings: Settings, most_held: int, ports: Ports, certificate: Certificate | None) -> None:
    stop = Stop()
    room = Room(most_held)
    metrics = Metrics(room)
    limit = ("grpc.max_receive_message_length", settings.body_limit + _HEADS)
    server = grpc.aio.server(options=[limit, ("grpc.so_reuseport", 0)])
    pb_grpc.add_ExternalProcessorServicer_to_server(Processor(settings, room, metrics), server)
    requests = _listen(server, ports.requests, _credentials(certificate))
    inner = grpc.aio.server(options=[("grpc.so_reuseport", 0)])
    health = health_aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(health, inner)
    probes = _listen(inner, ports.health, None)
    exposed = listen(ports.metrics)
    scraped = HttpServer(make_asgi_app(metrics.registry))
    scraping = asyncio.create_task(scraped.serve([exposed]))
    await inner.start()
    await server.start()
    await _say(health, health_pb2.HealthCheckResponse.SERVING)
    places = f"on port {requests}, health on {probes}, metrics on {port_of(exposed)}"
    print(f"ext-proc: answering {places}", file=sys.stderr)
    await stop.wait()
    await _say(health, health_pb2.HealthCheckResponse.NOT_SERVING)
    await asyncio.sleep(_LINGER)
    await server.stop(_GRACE)
    await inner.stop(0)
    scraped.should_exit = True
    await scraping
    stop.raise_if_interrupted()


async def _say(health: health_aio.HealthServicer, status: Any) -> None:
    for service in _SERVICES:
        await health.set(service, status)


def _everywhere() -> str:
    return "::" if socket.has_dualstack_ipv6() else "0.0.0.0"


def _listen(server: grpc.aio.Server, port: int, credentials: grpc.ServerCredentials | None) -> int:
    place = f"[{_everywhere()}]:{port}" if ":" in _everywhere() else f"{_everywhere()}:{port}"
    try:
        return server.add_secure_port(place, credentials) if credentials else server.add_insecure_port(place)
    except RuntimeError as error:
        raise OSError(f"port {port}: cannot be listened on: {' '.join(str(error).split())}") from None


def _credentials(certificate: Certificate | None) -> grpc.ServerCredentials | None:
    if certificate is None:
        return None
    return grpc.ssl_server_credentials([(certificate.key, certificate.chain)])
