"""The sidecar in front of a real Envoy: how it is asked, and the service itself in a thread."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, AsyncExitStack, contextmanager
from pathlib import Path
from typing import Any

import grpc
from envoy.service.ext_proc.v3 import external_processor_pb2_grpc as pb_grpc

from llmd_routes.gateways.istio.body_filter import plan_filter
from llmd_routes.kube.objects import Ref
from llmd_routes.model.bodies import Bodies, Processor, Protocol
from llmd_routes.model.plan import Attachment
from llmd_routes.output.render import render_printed
from llmd_routes_sidecar.exchange import Room
from llmd_routes_sidecar.ext_proc import Processor as Service
from llmd_routes_sidecar.extraction import Settings
from llmd_routes_sidecar.metrics import Metrics
from tests.sidecar.vectors import SETTINGS

from . import authz
from .process import Envoy, address, envoy
from .threads import in_thread

Obj = dict[str, Any]
CLUSTER = "outbound|9004||ext-proc.gateways.svc.cluster.local"
_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
MODES: dict[str, tuple[str, Obj]] = {
    "buffered": ("BUFFERED", {}),
    "streamed": ("STREAMED", {"send_body_without_waiting_for_header_response": True}),
}


def emitted(settings: Settings = SETTINGS, protocol: Protocol = "ext-proc") -> Obj:
    """Return the EnvoyFilter that is emitted for an installation with a processor."""
    place = Ref("gateways", "Deployment", protocol)
    gateway = Attachment(Ref("gateways", "Gateway", "gateway"), "istio")
    bodies = Bodies(settings, processor=Processor(place, "image", 1, protocol=protocol))
    planned = next(iter(plan_filter(Ref("gateways", "EnvoyFilter", "llm"), gateway, bodies)))
    return dict(render_printed(planned, "llm").obj)


def ext_proc(mode: str) -> Obj:
    body, more = MODES[mode]
    modes = {"request_header_mode": "SEND", "request_body_mode": body, "request_trailer_mode": "SEND"}
    modes |= {"response_header_mode": "SKIP", "response_body_mode": "NONE", "response_trailer_mode": "SKIP"}
    kind = "type.googleapis.com/envoy.extensions.filters.http.ext_proc.v3.ExternalProcessor"
    service = {"envoy_grpc": {"cluster_name": CLUSTER}}
    config = {"@type": kind, "grpc_service": service, "processing_mode": modes, "message_timeout": "10s", **more}
    config |= {"mutation_rules": {"allow_all_routing": True}, "allow_mode_override": True}
    return {"name": "processor", "typed_config": config}


def cluster(port: int) -> Obj:
    http2: Obj = {"explicit_http_config": {"http2_protocol_options": {}}}
    load = {"cluster_name": CLUSTER, "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address(port)}}]}]}
    options = {_OPTIONS: {"@type": f"type.googleapis.com/{_OPTIONS}", **http2}}
    return {
        **{"name": CLUSTER, "type": "STATIC", "connect_timeout": "5s", "load_assignment": load},
        "typed_extension_protocol_options": options,
    }


def processor(settings: Settings = SETTINGS) -> AbstractContextManager[int]:
    """Run the service in a thread; yields its port."""

    async def start(stack: AsyncExitStack) -> int:
        server, room = grpc.aio.server(), Room(1 << 30)
        pb_grpc.add_ExternalProcessorServicer_to_server(Service(settings, room, Metrics(room)), server)
        port = int(server.add_insecure_port("127.0.0.1:0"))
        await server.start()
        stack.push_async_callback(server.stop, 0)
        return port

    return in_thread(start)


@contextmanager
def asking(
    folder: Path,
    upstream_port: int,
    routes: list[Obj],
    settings: Settings = SETTINGS,
    protocol: Protocol = "ext-proc",
) -> Iterator[Envoy]:
    """Run a service that reads bodies, and an Envoy that asks it as is emitted."""
    serves, reached = (processor, cluster) if protocol == "ext-proc" else (authz.service, authz.cluster)
    with (
        serves(settings) as port,
        envoy(folder, upstream_port, routes, emitted(settings, protocol), further=[reached(port)]) as running,
    ):
        yield running
