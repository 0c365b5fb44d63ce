"""The service that Envoy asks over HTTP, in a thread, and how Envoy reaches it."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager, AsyncExitStack
from functools import partial
from typing import Any

from llmd_routes_sidecar.exchange import Room
from llmd_routes_sidecar.ext_authz_server import port_for
from llmd_routes_sidecar.extraction import Settings
from llmd_routes_sidecar.http_protocol import HttpProtocol
from llmd_routes_sidecar.metrics import Metrics
from tests.sidecar.vectors import SETTINGS

from .process import address
from .threads import in_thread

Obj = dict[str, Any]
CLUSTER = "outbound|9003||ext-authz.gateways.svc.cluster.local"


def cluster(port: int) -> Obj:
    load = {"cluster_name": CLUSTER, "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address(port)}}]}]}
    return {"name": CLUSTER, "type": "STATIC", "connect_timeout": "5s", "load_assignment": load}


def service(settings: Settings = SETTINGS) -> AbstractContextManager[int]:
    """Run the service in a thread; yields its port."""

    async def start(stack: AsyncExitStack) -> int:
        room = Room(1 << 30)
        port = port_for(settings, Metrics(room, "ext_authz"), room)
        server = await asyncio.get_running_loop().create_server(partial(HttpProtocol, port), "127.0.0.1", 0)
        stack.callback(port.drain)
        stack.callback(server.close)
        return int(server.sockets[0].getsockname()[1])

    return in_thread(start)
