"""The service that Envoy asks over HTTP, in a thread, and the filter that asks it."""

from __future__ import annotations

import asyncio
from contextlib import AbstractContextManager, AsyncExitStack
from typing import Any

from llmd_routes_sidecar.exchange import Room
from llmd_routes_sidecar.ext_authz_server import handlers
from llmd_routes_sidecar.ext_proc_metrics import Metrics
from llmd_routes_sidecar.extraction import Settings
from llmd_routes_sidecar.http_protocol import Port
from tests.sidecar.vectors import SETTINGS

from .process import address
from .sidecar import emitted
from .threads import in_thread

Obj = dict[str, Any]
CLUSTER = "outbound|9003||ext-authz.gateways.svc.cluster.local"
_TYPE = "type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz"
# What the service reads of a request, besides its method, path and host.
_READ = ("content-type", "content-encoding", "x-owned-by", "x-inference-server")


def ext_authz(limit: int) -> Obj:
    """Return the filter that sends bodies of up to `limit` bytes with each request."""
    return {
        "name": "envoy.filters.http.ext_authz",
        "typed_config": {
            "@type": _TYPE,
            "stat_prefix": "llmd-routes",
            "clear_route_cache": True,
            "status_on_error": {"code": "ServiceUnavailable"},
            "with_request_body": {"max_request_bytes": limit, "allow_partial_message": False},
            "allowed_headers": {"patterns": [{"exact": name, "ignore_case": True} for name in _READ]},
            "http_service": {
                "server_uri": {"uri": "http://ext-authz", "cluster": CLUSTER, "timeout": "10s"},
                "authorization_response": {
                    "allowed_upstream_headers": {
                        "patterns": [{"exact": "x-gateway-model-name"}, {"exact": "x-owned-by"}]
                    },
                    "allowed_client_headers": {"patterns": [{"exact": "content-type"}, {"exact": "retry-after"}]},
                },
            },
        },
    }


def asking_filter(settings: Settings = SETTINGS) -> Obj:
    """Return an EnvoyFilter that asks for the paths and hosts of the routes, as the one that asks by ext_proc does."""
    ours = emitted(settings)
    for patch in ours["spec"]["configPatches"]:
        if patch["applyTo"] == "HTTP_FILTER":
            value, extension = patch["patch"]["value"], ext_authz(settings.body_limit)
            value["name"], value["typed_config"]["extension_config"] = extension["name"], extension
    return ours


def cluster(port: int) -> Obj:
    load = {"cluster_name": CLUSTER, "endpoints": [{"lb_endpoints": [{"endpoint": {"address": address(port)}}]}]}
    return {"name": CLUSTER, "type": "STATIC", "connect_timeout": "5s", "load_assignment": load}


def service(settings: Settings = SETTINGS) -> AbstractContextManager[int]:
    """Run the service in a thread; yields its port."""

    async def start(stack: AsyncExitStack) -> int:
        room = Room(1 << 30)
        port = Port(handlers(settings, Metrics(room, "ext_authz")), settings.body_limit, room)
        server = await asyncio.get_running_loop().create_server(port.protocol, "127.0.0.1", 0)
        stack.callback(port.drain)
        stack.callback(server.close)
        return int(server.sockets[0].getsockname()[1])

    return in_thread(start)
