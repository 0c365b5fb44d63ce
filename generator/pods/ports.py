"""Find the ports and the scheme on which a pod serves, for the targets of an InferencePool. Pure, no I/O.

Order: routing sidecar `--port`, engine `--port`, container port named for it, the only container port, the engine's
default. Declared ports are often wrong behind the sidecar (8200 declared, 8000 served), so arguments outrank them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from llmd_routes.kube.config_maps import environment
from llmd_routes.kube.containers import declared_ports
from llmd_routes.kube.objects import LAST_PORT, dig, integer, port_number, text
from llmd_routes.names import ACTIVE_PORTS
from llmd_routes.notices import Remark
from llmd_routes.text.placeholders import RENDER, placeholder_in

from .arguments import Arguments
from .commands import Pod, runs_script
from .engines import ENGINES
from .engines.engine import Engine
from .routing_sidecar import RoutingSidecar, routing_sidecar

_PORT_NAMES = ("modelserver", "http", *(engine.port_name for engine in ENGINES if engine.port_name))
_PROBES = ("readinessProbe", "livenessProbe", "startupProbe")


@dataclass(frozen=True, slots=True)
class ServingPorts:
    """Ports in ascending order, empty only if unknown; `remarks`: (notice code, message, remedy).

    `annotated` is whether the pod's annotation lists them: an endpoint picker then uses no other port of the pod.
    """

    numbers: tuple[int, ...]
    scheme: str
    evidence: tuple[str, ...]
    scheme_evidence: tuple[str, ...]
    remarks: tuple[Remark, ...]
    annotated: bool = False


def serving_ports(pod: Pod, engine: Engine | None, arguments: Arguments, container: Mapping[str, Any]) -> ServingPorts:
    """Resolve the ports of one server and whether it speaks TLS."""
    sidecar = routing_sidecar(pod.spec)
    own, own_evidence = _engine_port(pod, engine, arguments, container)
    base: int | None
    if sidecar:
        base, ranks, hidden = sidecar.port, sidecar.ranks, sidecar.hidden
        evidence = f"container {sidecar.container} option --port = {sidecar.port}"
    else:
        base, evidence = own, own_evidence
        options = (*_port_options(engine), *_rank_options(engine, arguments))
        ranks, hidden = _ranks(engine, arguments), arguments.hidden(*options)
    numbers = tuple(range(base, min(base + ranks, LAST_PORT + 1))) if base else ()
    told: tuple[str, ...] = (evidence,) if evidence else ()
    told += (f"data-parallel ranks = {ranks}",) if ranks > 1 else ()
    remarks = _conflicts(sidecar, own, port_number(arguments.last(*_port_options(engine))) is not None)
    active = active_ports(pod.annotations)
    if active:
        numbers, told = active[0], (active[1],)
    elif hidden:
        numbers, told = (), ()
        remedy, what = "write the port in the arguments, or as a value in env", "has no known value"
        if placeholder_in(hidden) and not runs_script(container):
            remedy, what = RENDER, "is not rendered"
        remarks += (("unreadable-port", f"option {hidden} {what}, so its ports are unknown", remedy),)
    elif base is None and (wrong := arguments.last(*_port_options(engine))) is not None:
        remedy = f"use a port from 1 to {LAST_PORT}"
        remarks += (("unreadable-port", f"option --{_port_options(engine)[0]} = {wrong} is not a port", remedy),)
    scheme, scheme_evidence = _scheme(sidecar, arguments, container, own)
    return ServingPorts(numbers, scheme, told, scheme_evidence, remarks, active is not None)


def _engine_port(
    pod: Pod, engine: Engine | None, arguments: Arguments, container: Mapping[str, Any]
) -> tuple[int | None, str]:
    options = _port_options(engine)
    option = port_number(arguments.last(*options))
    if option is not None:
        return option, f"option --{options[0]} = {option}"
    if arguments.hidden(*options) or arguments.last(*options) is not None:
        return None, ""
    declared = declared_ports(container)
    for wanted in _PORT_NAMES:
        for name, number in declared:
            if name == wanted:
                return number, f"container port {name} = {number}"
    if len(declared) == 1:
        return declared[0][1], f"container port = {declared[0][1]}"
    variable = engine.port_env if engine else None
    from_env = port_number(environment(pod.config_map, container).get(variable)) if variable else None
    if from_env:
        return from_env, f"env {variable} = {from_env}"
    return (engine.port, f"default port of {engine.name} = {engine.port}") if engine else (None, "")


def _port_options(engine: Engine | None) -> tuple[str, ...]:
    return engine.port_options if engine else ("port",)


def _ranks(engine: Engine | None, arguments: Arguments) -> int:
    """Return how many consecutive ports the server itself opens.

    vLLM opens one per local rank only with `--data-parallel-multi-port-external-lb`; the simulator with every
    `--data-parallel-size`. Hybrid and internal balancing serve one port.
    """
    options = _rank_options(engine, arguments)
    return (integer(arguments.last(*options)) or 1) if options else 1


def _rank_options(engine: Engine | None, arguments: Arguments) -> tuple[str, ...]:
    if engine and engine.simulator:
        return ("data-parallel-size",)
    multiple = arguments.has("data-parallel-multi-port-external-lb")
    return ("data-parallel-size-local", "dpl") if multiple else ()


def active_ports(annotations: Mapping[str, str]) -> tuple[tuple[int, ...], str] | None:
    """Return the ports to which annotations restrict a pod's target ports, and their source; None without one."""
    for key in ACTIVE_PORTS:
        value = annotations.get(key, "")
        numbers = sorted({n for word in value.split(",") if (n := port_number(word.strip())) is not None})
        if numbers:
            return tuple(numbers), f"annotation {key} = {value}"
    return None


def _scheme(
    sidecar: RoutingSidecar | None, arguments: Arguments, container: Mapping[str, Any], port: int | None
) -> tuple[str, tuple[str, ...]]:
    if sidecar:
        told = f"container {sidecar.container} option --secure-proxy = {'true' if sidecar.tls else 'false'}"
        return ("https" if sidecar.tls else "http"), (told,)
    certificate = arguments.last("ssl-certfile", "ssl-cert-file")
    if certificate:
        return "https", (f"option --ssl-certfile = {certificate}",)
    for probe in _PROBES:
        if (text(container, probe, "httpGet", "scheme") or "").upper() == "HTTPS" and _probes(container, probe, port):
            return "https", (f"{probe} scheme = HTTPS",)
    return "http", ()


def _probes(container: Mapping[str, Any], probe: str, port: int | None) -> bool:
    """Return whether a probe uses the serving port (by number or by its declared name)."""
    target = dig(container, probe, "httpGet", "port")
    number = integer(target)
    return dict(declared_ports(container)).get(str(target)) == port if number is None else number == port


def _conflicts(sidecar: RoutingSidecar | None, own: int | None, explicit: bool) -> tuple[Remark, ...]:
    if sidecar is None or own is None:
        return ()
    remarks: list[Remark] = []
    first_engine = sidecar.engine_port
    if own == sidecar.port and explicit:
        fact = f"container {sidecar.container} and the engine both bind port {own}"
        if first_engine not in (None, own):
            fact += f", and {sidecar.container} forwards to port {first_engine}, where nothing listens"
        wanted = first_engine if first_engine not in (None, own) else 8200
        remarks.append(("port-conflict", fact, f"set --port {wanted} in the arguments of the engine"))
    elif explicit and first_engine is not None and first_engine != own:
        fact = f"container {sidecar.container} forwards to port {first_engine}, but the engine listens on {own}"
        remarks.append(("port-conflict", fact, f"set --port {first_engine} in the arguments of the engine"))
    return tuple(remarks)
