"""What the Envoy of an Envoy Gateway says about itself."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tests.bench.scene.calls import call
from tests.bench.scene.gateway import Obj


def ask(folder: Path, path: str) -> str:
    """Return what the one Envoy of an Envoy Gateway, known by its folder, answers. Raises OSError without an answer."""
    files = list(folder.glob("run/*/admin-address.txt"))
    if len(files) != 1:
        raise OSError(f"{len(files)} Envoys")
    address, _, port = files[0].read_text().strip().rpartition(":")
    return call(address, int(port), "GET", path).body.decode()


def dump(folder: Path, resource: str) -> list[Obj]:
    """Return a part of the configuration. Raises OSError while Envoy has none."""
    text = ask(folder, f"/config_dump?resource={resource}")
    try:
        found: list[Obj] = json.loads(text).get("configs", [])
    except ValueError:
        raise OSError(f"no configuration: {text!r}") from None
    return found


def filters(folder: Path) -> list[str]:
    """Return the names of the HTTP filters, in the order in which they run."""
    found = dump(folder, "dynamic_listeners")
    listeners: list[Obj] = [each.get("active_state", {}).get("listener", {}) for each in found]
    chains = [chain for listener in listeners for chain in listener.get("filter_chains", ())]
    chains += [listener.get("default_filter_chain", {}) for listener in listeners]
    managers = [each["typed_config"] for chain in chains for each in chain.get("filters", ())]
    return [one["name"] for manager in managers for one in manager.get("http_filters", ())]


def asking_filters(folder: Path) -> list[str]:
    """Return the names of the filters that ask endpoint pickers."""
    return [name for name in filters(folder) if name.startswith("picker/")]


def routes(folder: Path) -> list[str]:
    """Return `NAMESPACE/NAME` of the HTTPRoute of each route."""
    configs = dump(folder, "dynamic_route_configs")
    hosts: list[Obj] = [host for each in configs for host in each["route_config"].get("virtual_hosts", ())]
    names = [route["name"] for host in hosts for route in host.get("routes", ())]
    return [found[1] for name in names if (found := re.match(r"httproute/([^/]+/[^/]+)/", name))]


def endpoints(folder: Path) -> set[str]:
    """Return the addresses of the endpoints of all clusters.

    Source: https://www.envoyproxy.io/docs/envoy/latest/operations/admin#get--clusters
    """
    return set(re.findall(r"^[^:]+::(\d[\d.]+):\d+::hostname::", ask(folder, "/clusters"), re.M))


def asked(folder: Path) -> dict[str, int]:
    """Return how often Envoy tried to reach the endpoint picker of each InferencePool, by its name."""
    text = ask(folder, "/stats?filter=upstream_cx_none_healthy")
    return {name: int(times) for name, times in re.findall(r"picker/[^/]+/([^/.]+)\..*: (\d+)", text)}
