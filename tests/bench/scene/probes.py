"""Asks a container whether it is ready, as its manifest says."""

from __future__ import annotations

import http.client
import socket
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

Obj = dict[str, Any]
SECONDS = 1.0


def is_ready(spec: Obj, address: str, seconds: float = SECONDS) -> bool:
    """Return whether a container (an object of a pod's spec) that runs at an address has started and is ready.

    A container without probes is ready as soon as it runs. An answer must come in so many seconds.
    """
    probes = (spec.get(probe) or {} for probe in ("startupProbe", "readinessProbe"))
    return all(_succeeds(probe, spec, address, seconds) for probe in probes)


def _succeeds(probe: Obj, spec: Obj, address: str, seconds: float) -> bool:
    try:
        if "grpc" in probe:
            return _serves(address, probe["grpc"]["port"], probe["grpc"].get("service") or "")
        if "httpGet" in probe:
            return _answers(address, _port(probe["httpGet"], spec), probe["httpGet"].get("path", "/"), seconds)
        if "tcpSocket" in probe:
            socket.create_connection((address, _port(probe["tcpSocket"], spec)), SECONDS).close()
    except (OSError, http.client.HTTPException, grpc.RpcError):
        return False
    return True


def _port(probe: Obj, spec: Obj) -> int:
    port: int | str = probe["port"]
    if isinstance(port, int):
        return port
    return next(int(each["containerPort"]) for each in spec.get("ports", ()) if each.get("name") == port)


def _answers(address: str, port: int, path: str, seconds: float) -> bool:
    connection = http.client.HTTPConnection(address, port, timeout=seconds)
    try:
        connection.request("GET", path)
        return 200 <= connection.getresponse().status < 400
    finally:
        connection.close()


def _serves(address: str, port: int, service: str) -> bool:
    with grpc.insecure_channel(f"{address}:{port}") as channel:
        health: Any = health_pb2_grpc.HealthStub(channel)
        answer = health.Check(health_pb2.HealthCheckRequest(service=service), timeout=SECONDS)
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)
