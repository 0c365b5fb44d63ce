"""Find the commands in a pod that start engines, and the engine that its labels name. Pure, no I/O.

In: one pod (labels, annotations, spec) and the ConfigMaps of the input. Out: commands with the evidence for each, or
the reason why there is none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from llmd_routes.kube.config_maps import environment
from llmd_routes.kube.containers import containers_of
from llmd_routes.kube.objects import text, texts
from llmd_routes.names import ENGINE_TYPE, ENGINE_TYPE_LEGACY, OWNED_BY, ROLE, SERVING
from llmd_routes.text.shell import commands, runs_shell

from . import engines
from .companions import is_skipped
from .engines.engine import Engine
from .no_servers import not_a_server, proxy_by_image
from .suspects import suspicion

ConfigMaps = Callable[[str], Mapping[str, str] | None]
_SCRIPT = re.compile(r"\.(sh|bash|py)$")
# Variables that contain a pod's position in its group.
_FIRST = ("LWS_WORKER_INDEX", "NODE_RANK")


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod, from its template; `config_map` returns the data of a ConfigMap of the pod's namespace by name.

    `selected` is whether an InferencePool of the input selects the pod.
    """

    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    spec: Mapping[str, Any]
    config_map: ConfigMaps
    selected: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """The engine's command in a container: the engine, the words after the program, and the evidence.

    `image` is whether the image identifies the engine, with an entry point that starts it.
    """

    container: Mapping[str, Any]
    engine: Engine | None
    words: tuple[str, ...]
    evidence: str
    certain: bool
    first_only: bool = False
    image: bool = False


def explicit_engine(pod: Pod) -> tuple[str, str] | None:
    """Return the engine in a label or annotation of the pod and the evidence, or None."""
    for key in (ENGINE_TYPE, ENGINE_TYPE_LEGACY, OWNED_BY):
        for what, values in (("label", pod.labels), ("annotation", pod.annotations)):
            engine = engines.known(values.get(key))
            if engine:
                return engine, f"{what} {key} = {values[key]}"
    return None


def runs_script(container: Mapping[str, Any]) -> bool:
    """Return whether a shell runs the command of a container."""
    return runs_shell(texts(container, "command") + texts(container, "args"))


def owner_label(*places: Mapping[str, str]) -> tuple[str, str] | None:
    """Return the owner key that the first of several labels or annotations sets, and the evidence, or None."""
    found = next((values[OWNED_BY] for values in places if values.get(OWNED_BY)), None)
    return (found, f"{OWNED_BY} = {found}") if found else None


def find_commands(pod: Pod) -> list[Command] | str | None:
    """Return the engines' commands in the pod's containers, only those with the best evidence, or why there is none."""
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
        return sure or _told_by_images(found) or found[:1]
    if not reasons and (_marked(pod) or explicit_engine(pod)):
        return [Command(candidates[0], None, _words(pod, candidates[0]), "", False)]
    reasons += filter(None, map(suspicion, candidates))
    return reasons[0] if reasons else None


def _told_by_images(found: Sequence[Command]) -> list[Command]:
    """Return the containers with an engine's image whose arguments contain a model: each is a server."""
    options = re.compile(r"--(model|model-path|served-model-name)(=|$)")
    return [each for each in found if each.image and any(map(options.match, each.words))]


def _container_command(pod: Pod, container: Mapping[str, Any]) -> Command | str | None:
    """Return the command of one container, the reason why it is not a server, or None if unknown."""
    name = text(container, "name") or "?"
    argv = texts(container, "command") + texts(container, "args")
    ran = commands(argv, environment(pod.config_map, container))
    matches = [(words, match) for words in ran if (match := engines.by_command(words))]
    if matches:
        answering = [match for match in matches if "--headless" not in match[0]]
        if not answering:
            return f"container {name} is a headless worker of a server elsewhere"
        words, (engine, rest) = answering[0]
        if engine.grpc_option and f"--{engine.grpc_option}" in rest:
            return f"container {name} serves gRPC, to which no gateway routes; remove --{engine.grpc_option}"
        shown = " ".join(words[: len(words) - len(rest)])
        rest = rest[1:] if engine.sub_command and rest[:1] == [engine.sub_command] else rest
        first_only = len(answering) < len(matches) or any(map(_asks_if_first, ran))
        return Command(container, engine, tuple(rest), f"container {name} command = {shown}", True, first_only)
    others = (not_a_server(words) for words in ran)
    other = next(filter(None, others), None) or proxy_by_image(text(container, "image") or "")
    if other:
        return f"container {name} is {other}"
    unknown = next(filter(None, map(engines.served_by_unknown, ran)), None)
    if unknown:
        return Command(container, None, tuple(unknown), "", False) if _marked(pod) else None
    return _told_by_image(pod, container, ran)


def _asks_if_first(words: Sequence[str]) -> bool:
    """Return whether a script checks that its pod is the first of a group: `[ $LWS_WORKER_INDEX = 0 ]`."""
    return words[0] in ("[", "[[", "test") and any(name in word for word in words for name in _FIRST)


def _told_by_image(pod: Pod, container: Mapping[str, Any], ran: list[list[str]]) -> Command | str | None:
    """Classify by image and name a container whose command contains no engine.

    If only `args` is set, the image's entry point is the server. A `command` is another program (a client, a download),
    unless labels show that the pod serves: then the engine is known and its arguments are not.
    """
    name, image = text(container, "name") or "?", text(container, "image") or ""
    engine, evidence = engines.by_image(image), f"container {name} image = {image}"
    if engine is None:
        engine, evidence = engines.by_container_name(name), f"container name = {name}"
    if engine is None:
        return None
    words = tuple(word for argv in ran for word in argv)
    if not texts(container, "command") and not _runs_program(words, engine):
        return Command(container, engine, words, evidence, False, image=" image = " in evidence)
    if _marked(pod) or explicit_engine(pod):
        return Command(container, engine, words, evidence, False)
    if script := next((word for argv in ran for word in argv[:2] if _SCRIPT.search(word)), None):
        return (
            f"container {name} has the image of {engine.name} and runs {script}, which is not in the input;"
            f" if that starts the engine, set the pod label {ENGINE_TYPE}"
        )
    return f"container {name} has the image of {engine.name} but its command starts no server"


def _runs_program(words: tuple[str, ...], engine: Engine) -> bool:
    """Return whether args alone start another program (`args: [python3, client.py]`)."""
    return bool(words) and not engine.positional and not words[0].startswith("-")


def _marked(pod: Pod) -> bool:
    """Return whether llm-d's labels or an InferencePool show that the pod serves a model."""
    told = any(pod.labels.get(label, "false") != "false" for label in SERVING)
    return pod.selected or told or any(label in pod.labels for label in (ROLE, ENGINE_TYPE, ENGINE_TYPE_LEGACY))


def _words(pod: Pod, container: Mapping[str, Any]) -> tuple[str, ...]:
    argv = texts(container, "command") + texts(container, "args")
    return tuple(word for words in commands(argv, environment(pod.config_map, container)) for word in words)
