"""Find the model server in a pod and what it serves, from labels, commands, arguments and images. Pure, no I/O.

In: one pod and the ConfigMaps of the input. Out: a `Server` with the evidence for every fact, or the reason why there
is none. Precedence for the engine: explicit label, command, image, container name; what stays unknown is said to be
unknown, never guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from llmd_routes.kube.objects import text
from llmd_routes.names import ENGINE_TYPE
from llmd_routes.notices import Remark

from . import engines
from .api_keys import key_of
from .arguments import Arguments, parse
from .commands import Command, Pod, explicit_engine, find_commands
from .engines.engine import Engine
from .model_names import Served, served_models
from .option_files import with_further
from .pooling import pooling_remarks
from .ports import ServingPorts, serving_ports
from .roles import role_of_arguments, role_of_transfer
from .routing_sidecar import routing_sidecar


@dataclass(frozen=True, slots=True)
class Server:
    """The server in one pod.

    `remarks` are (notice code, message, remedy); `evidence` maps a fact to its lines. `key` is where the API key is
    configured that clients must send. `role` is set by its arguments; `transfer` is the role that its KV cache transfer
    suggests. A `barred` server cannot receive requests.
    """

    engine: str | None
    simulator: bool
    served: Served
    ports: ServingPorts
    first_only: bool = False
    remarks: tuple[Remark, ...] = ()
    evidence: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    key: str | None = None
    role: str | None = None
    transfer: str | None = None
    barred: bool = False


def find_server(pod: Pod) -> Server | str | None:
    """Return the model server of a pod, why a likely container is not one, or None without a likely one.

    Several containers that serve the same models are one server, with a port each; otherwise clients could not
    distinguish them.
    """
    found = find_commands(pod)
    if not isinstance(found, list):
        return found
    servers = [_server(pod, command) for command in found]
    first = servers[0]
    if len(servers) == 1:
        return first
    if len({(server.engine, server.served.models) for server in servers}) > 1:
        names = " and ".join(text(command.container, "name") or "?" for command in found)
        fact = f"containers {names} of one pod serve different models, which no selector can separate"
        remark: Remark = ("shared-pod", fact, "use a separate Deployment for each")
        return replace(first, barred=True, remarks=(*first.remarks, remark))
    numbers = tuple(sorted({number for server in servers for number in server.ports.numbers}))
    return replace(first, ports=replace(first.ports, numbers=numbers))


def _server(pod: Pod, command: Command) -> Server:
    label = explicit_engine(pod)
    row = command.engine
    name = label[0] if label else (row.name if row else None)
    reader = row or (engines.by_name(name) if name else None)
    arguments = parse(command.words, (reader or engines.USUAL).grammar)
    further = with_further(pod.spec, pod.config_map, command.container, arguments, reader)
    arguments = further.arguments
    served = served_models(pod, reader, further, command)
    ports = serving_ports(pod, reader, arguments, command.container)
    evidence = {
        "engine": tuple(e for e in ((label[1] if label else ""), command.evidence) if e),
        "models": served.evidence + further.evidence,
        "ports": ports.evidence,
        "scheme": ports.scheme_evidence,
    }
    told = engines.named(name)
    role = role_of_arguments(arguments, told)
    remarks = served.remarks + ports.remarks + _told_wrong(label, command)
    remarks += _unjoined(pod, told, role) if told else ()
    remarks += _moved(arguments, reader) + pooling_remarks(arguments, reader)
    if name is None:
        fact = "no label, command, image or container name identifies its engine"
        remarks += (("unknown-engine", fact, f"set the pod label {ENGINE_TYPE} (vllm, sglang, ...)"),)
    return Server(
        engine=name,
        simulator=bool(row and row.simulator),
        served=served,
        ports=ports,
        first_only=command.first_only or _first_only(arguments),
        remarks=remarks,
        evidence=evidence,
        key=key_of(reader, arguments, command.container),
        role=role,
        transfer=role_of_transfer(arguments, told),
        barred=any(code == "roles-unjoined" for code, *_ in remarks),
    )


def _told_wrong(label: tuple[str, str] | None, command: Command) -> tuple[Remark, ...]:
    """Return a remark if a label names another engine than the command starts."""
    if label is None or command.engine is None or not command.certain or command.engine.name == label[0]:
        return ()
    fact = f"{label[1]}, but its command starts {command.engine.name}"
    return (("label-lies", fact, "correct the label, which routes follow"),)


def _moved(arguments: Arguments, engine: Engine | None) -> tuple[Remark, ...]:
    """Return a warning if the server serves /v1 under another path only."""
    option = engine.path_option if engine else None
    path = (arguments.last(option) or "").rstrip("/") if option else ""
    if not path:
        return ()
    fact = f"--{option} {path} moves its API to {path}/v1, so requests under /v1 get 404"
    return (("path-prefix", fact, f"remove --{option}"),)


def _unjoined(pod: Pod, engine: Engine, role: str | None) -> tuple[Remark, ...]:
    """Return a remark if a pod only decodes and nothing brings it the result of a prefill pod.

    Direct requests to it fail: https://docs.sglang.ai/advanced_features/pd_disaggregation.html
    """
    if role != "decode" or routing_sidecar(pod.spec):
        return ()
    fact = f"--{engine.role_option} decode: it requires pods that prefill, and no routing sidecar connects them"
    return (
        (
            "roles-unjoined",
            fact,
            f"add llm-d's routing sidecar with --kv-connector={engine.name}, or remove the option",
        ),
    )


def unknown_server(reason: str | None) -> Server:
    """Return a server with unknown facts, and why it cannot be read."""
    fact = f"its containers do not identify an engine{f' ({reason})' if reason else ''}"
    remark: Remark = ("unknown-engine", fact, f"set the pod label {ENGINE_TYPE}")
    return Server(None, False, Served(), ServingPorts((8000,), "http", (), (), ()), False, (remark,), {})


def without_base(server: Server, base: str) -> Server:
    """Return a server without its models: a missing object that it is created from may add others."""
    fact = f"created from {base}, which is not in the input and may set another model"
    remark: Remark = ("unreadable-model", fact, "add it to the input")
    return replace(server, served=Served(), remarks=(*server.remarks, remark))


def _first_only(arguments: Arguments) -> bool:
    """Return whether several such pods form one server, of which only the first answers requests (node rank 0)."""
    if arguments.has("data-parallel-external-lb", "data-parallel-hybrid-lb", "data-parallel-multi-port-external-lb"):
        return False
    return (arguments.last("nnodes") or "1") != "1" or arguments.has("node-rank")
