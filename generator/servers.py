"""Finds the model server in a pod and what it serves, from labels, commands, arguments and images. Pure, no I/O.

In: one pod (labels, annotations, spec) and the ConfigMaps of the input. Out: a `Server` with the evidence for every
fact, or the reason why there is none. Precedence for the engine: explicit label, command, image, container name; what
stays unknown is said to be unknown, never guessed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from . import engines
from .api_keys import key_of
from .arguments import Arguments, parse
from .configs import environment
from .engines import Engine
from .further_options import with_further
from .names import ENGINE_TYPE, ENGINE_TYPE_LEGACY, OWNED_BY, ROLE, SERVING
from .notices import Problem
from .objects import text, texts
from .served import Served, served_models
from .serving_ports import ServingPorts, serving_ports
from .shell import commands
from .sidecars import containers_of, is_skipped, routing_sidecar

ConfigMaps = Callable[[str], Mapping[str, str] | None]
# The variables that tell a pod its place in a group.
_FIRST = ("LWS_WORKER_INDEX", "NODE_RANK")
# How SGLang is told to do one half of a request only.
_ROLE_OPTION = "disaggregation-mode"
_ROLES = ("decode", "prefill")


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod as its template has it; `config_map` returns the data of a ConfigMap of the pod's namespace by name.

    `selected` says that an InferencePool of the input takes the pod.
    """

    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    spec: Mapping[str, Any]
    config_map: ConfigMaps
    selected: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """The engine's command in a container: the row of the table, the words after the program, and how it was told."""

    container: Mapping[str, Any]
    engine: Engine | None
    words: tuple[str, ...]
    evidence: str
    certain: bool
    first_only: bool = False


@dataclass(frozen=True, slots=True)
class Server:
    """What one pod serves. `problems` are (notice code, message, remedy); `evidence` maps a fact to its lines.

    `key` is what tells it the API key that clients must send, `role` the one of its arguments. No request can be sent
    to one that is `barred`.
    """

    engine: str | None
    simulator: bool
    served: Served
    ports: ServingPorts
    first_only: bool = False
    problems: tuple[Problem, ...] = ()
    evidence: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    key: str | None = None
    role: str | None = None
    barred: bool = False


def find_server(pod: Pod) -> Server | str | None:
    """Return the pod's model server, the reason why one that looks so is none, or None when nothing looks so.

    Several containers that serve the same are one server, with a port each; otherwise nobody can tell them apart.
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
        fact = f"containers {names} of one pod serve different models, which no selector tells apart"
        problem: Problem = ("shared-pod", fact, "give each a Deployment of its own")
        return replace(first, barred=True, problems=(*first.problems, problem))
    numbers = tuple(sorted({number for server in servers for number in server.ports.numbers}))
    return replace(first, ports=replace(first.ports, numbers=numbers))


def _server(pod: Pod, command: Command) -> Server:
    label = explicit_engine(pod)
    row = command.engine
    name = label[0] if label else (row.name if row else None)
    reader = row or (engines.by_name(name) if name else None)
    arguments = parse(command.words, (reader or engines.by_name("vllm")).grammar)
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
    role = arguments.last(_ROLE_OPTION) if name == "sglang" else None
    problems = served.problems + ports.problems + _told_wrong(label, command)
    problems += _unjoined(pod, role) if role in _ROLES else ()
    if name is None:
        fact = "no label, command, image or container name tells its inference engine"
        problems += (("unknown-engine", fact, f"set the pod label {ENGINE_TYPE} (vllm, sglang, ...)"),)
    return Server(
        engine=name,
        simulator=bool(row and row.simulator),
        served=served,
        ports=ports,
        first_only=command.first_only or _first_only(arguments),
        problems=problems,
        evidence=evidence,
        key=key_of(reader, arguments, command.container),
        role=role if role in _ROLES else None,
        barred=any(code == "roles-unjoined" for code, *_ in problems),
    )


def _told_wrong(label: tuple[str, str] | None, command: Command) -> tuple[Problem, ...]:
    """Return that a label names another engine than the command starts."""
    if label is None or command.engine is None or not command.certain or command.engine.name == label[0]:
        return ()
    fact = f"{label[1]}, but its command starts {command.engine.name}"
    return (("label-lies", fact, "correct the label, by which its requests are routed"),)


def _unjoined(pod: Pod, role: str | None) -> tuple[Problem, ...]:
    """Return that a pod which only decodes has nothing that brings it what another pod prefilled.

    Asked directly it cannot answer: https://docs.sglang.ai/advanced_features/pd_disaggregation.html
    """
    if role != "decode" or routing_sidecar(pod.spec):
        return ()
    fact = f"--{_ROLE_OPTION} decode: it cannot answer alone, and no routing sidecar joins it with pods that prefill"
    return (("roles-unjoined", fact, "add llm-d's routing sidecar with --kv-connector=sglang, or leave the mode out"),)


def unknown_server(reason: str | None) -> Server:
    """Return a server of which nothing is known but that it is one, and why it cannot be read."""
    fact = f"its containers tell no engine{f' ({reason})' if reason else ''}"
    problem: Problem = ("unknown-engine", fact, f"set the pod label {ENGINE_TYPE}")
    return Server(None, False, Served(), ServingPorts((8000,), "http", (), (), ()), False, (problem,), {})


def without_base(server: Server, base: str) -> Server:
    """Return a server without its models: an object that it is made from is not there, and may name others."""
    fact = f"it is made from {base}, which is not in the input and may name another model"
    problem: Problem = ("unreadable-model", fact, "add it to the input")
    return replace(server, served=Served(), problems=(*server.problems, problem))


def explicit_engine(pod: Pod) -> tuple[str, str] | None:
    """Return the engine that a label or annotation of the pod names and the evidence, or None."""
    for key in (ENGINE_TYPE, ENGINE_TYPE_LEGACY, OWNED_BY):
        for what, values in (("label", pod.labels), ("annotation", pod.annotations)):
            engine = engines.known(values.get(key))
            if engine:
                return engine, f"{what} {key} = {values[key]}"
    return None


def find_commands(pod: Pod) -> list[Command] | str | None:
    """Return the engines' commands among the pod's containers, the surest only, or why there is none."""
    candidates = [c for c in containers_of(pod.spec) if not is_skipped(c)]
    if not candidates:
        return "only sidecars and helpers run in its pods" if containers_of(pod.spec) else None
    reasons: list[str] = []
    found: list[Command] = []
    for container in candidates:
        command = _container_command(pod, container)
        if isinstance(command, Command):
            found.append(command)
        elif command:
            reasons.append(command)
    sure = [c for c in found if c.certain]
    if sure or found:
        return sure or found[:1]
    if not reasons and (_marked(pod) or explicit_engine(pod)):
        return [Command(candidates[0], None, _words(pod, candidates[0]), "", False)]
    return reasons[0] if reasons else None


def _container_command(pod: Pod, container: Mapping[str, Any]) -> Command | str | None:
    """Return the command of one container, the reason why it is no server, or None when nothing tells."""
    name = text(container, "name") or "?"
    argv = texts(container, "command") + texts(container, "args")
    ran = commands(argv, environment(pod.config_map, container))
    matches = [(words, match) for words in ran if (match := engines.by_command(words))]
    if matches:
        answering = [match for match in matches if "--headless" not in match[0]]
        if not answering:
            return f"container {name} is a headless worker of a server elsewhere"
        words, (engine, rest) = answering[0]
        shown = " ".join(words[: len(words) - len(rest)])
        rest = rest[1:] if engine.name == "tensorrt_llm" and rest[:1] == ["serve"] else rest
        first_only = len(answering) < len(matches) or any(map(_asks_if_first, ran))
        return Command(container, engine, tuple(rest), f"container {name} command = {shown}", True, first_only)
    others = (engines.not_a_server(words) for words in ran)
    other = next(filter(None, others), None) or engines.proxy_by_image(text(container, "image") or "")
    if other:
        return f"container {name} is {other}"
    unknown = next(filter(None, map(engines.served_by_unknown, ran)), None)
    if unknown:
        return Command(container, None, tuple(unknown), "", False) if _marked(pod) else None
    return _told_by_image(pod, container, ran)


def _asks_if_first(words: Sequence[str]) -> bool:
    """Return whether a command of a script asks if its pod is the first of a group: `[ $LWS_WORKER_INDEX = 0 ]`."""
    return words[0] in ("[", "[[", "test") and any(name in word for word in words for name in _FIRST)


def _told_by_image(pod: Pod, container: Mapping[str, Any], ran: list[list[str]]) -> Command | str | None:
    """Judge by image and name a container whose command names no engine.

    With `args` alone the image's entry point is the server. A command of its own is something else (a client, a
    download), unless labels say that the pod serves: then the engine is known and its arguments are not.
    """
    name, image = text(container, "name") or "?", text(container, "image") or ""
    engine, evidence = engines.by_image(image), f"container {name} image = {image}"
    if engine is None:
        engine, evidence = engines.by_container_name(name), f"container name = {name}"
    if engine is None:
        return None
    words = tuple(word for argv in ran for word in argv)
    if not texts(container, "command") and not _runs_program(words, engine):
        return Command(container, engine, words, evidence, False)
    if _marked(pod) or explicit_engine(pod):
        return Command(container, engine, words, evidence, False)
    return f"container {name} has the image of {engine.name} but its command starts no server"


def _runs_program(words: tuple[str, ...], engine: Engine) -> bool:
    """Return whether args alone name a program of their own (`args: [python3, client.py]`)."""
    return bool(words) and not engine.positional and not words[0].startswith("-")


def _marked(pod: Pod) -> bool:
    """Return whether llm-d's labels, or a pool that takes it, say that the pod serves a model."""
    told = any(pod.labels.get(label, "false") != "false" for label in SERVING)
    return pod.selected or told or any(label in pod.labels for label in (ROLE, ENGINE_TYPE, ENGINE_TYPE_LEGACY))


def _words(pod: Pod, container: Mapping[str, Any]) -> tuple[str, ...]:
    argv = texts(container, "command") + texts(container, "args")
    return tuple(word for words in commands(argv, environment(pod.config_map, container)) for word in words)


def _first_only(arguments: Arguments) -> bool:
    """Return whether several such pods form one server that only the first answers for (node rank 0)."""
    if arguments.has("data-parallel-external-lb", "data-parallel-hybrid-lb", "data-parallel-multi-port-external-lb"):
        return False
    return (arguments.last("nnodes") or "1") != "1" or arguments.has("node-rank")
