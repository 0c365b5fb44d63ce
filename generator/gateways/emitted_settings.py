"""Read back the settings with which llmd-routes makes bodies read, from emitted objects. Pure, no I/O.

They come from what runs: the data of a filter's program, and the arguments of an external service.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from llmd_routes.kube.index import Objects
from llmd_routes.kube.objects import Object, Ref, items, labels, mapping, texts
from llmd_routes.text.lua_data import read_assignments
from llmd_routes_sidecar.extraction import Settings
from llmd_routes_sidecar.served import Entry, Served

_PROGRAM: Final = "llmd-routes-sidecar"
_PROTOCOLS: Final = ("ext-proc", "ext-authz")
_FLAGS: Final = ("--keep-query", "--strip-engine-fields", "--tls-self-signed")


@dataclass(frozen=True, slots=True)
class ProgramData:
    """The settings of a filter's program; what is `served` answers other requests, by itself if it `responds`."""

    settings: Settings
    served: Served | None
    responds: bool


def data_of_program(program: str) -> ProgramData | None:
    """Return the data of a filter of llmd-routes, None for any other program."""
    data = read_assignments(program)
    try:
        settings = Settings(
            hosts=(*dict(data["HOSTS"] or {}), *(f"*{suffix}" for suffix in data["WILDCARDS"])),
            prefixes=tuple(data["PREFIXES"]),
            body_limit=int(data["LIMIT"]),
            keep_query=data["KEEP_QUERY"] is True,
            splits={model: dict(owners) for model, owners in dict(data["SPLITS"] or {}).items()},
            strip_engine_fields=data["STRIP_ENGINE"] is True,
        )
        entries = data["ENTRIES"]
        served = None if entries is None else Served(tuple(_entry(*entry) for entry in entries))
    except (KeyError, TypeError, ValueError):
        return None
    return ProgramData(settings, served, data.get("RESPONDS") is True)


def _entry(model: str, owner: str, is_default: bool, shown: str) -> Entry:
    """Return an entry of the models list; what it says about the model is in its JSON text."""
    written = json.loads(shown)
    more = {name: value for name, value in written.items() if name not in ("id", "object", "created", "owned_by")}
    return Entry(model, owner, is_default, more)


def settings_of_service(service: Ref, objects: Objects) -> Settings | None:
    """Return the settings of the external service behind a Service, None if its Deployment is not in the input."""
    selectors = [labels(obj, "spec", "selector") for obj in objects.of("Service", "") if objects.ref(obj) == service]
    for deployment in objects.of("Deployment", "apps"):
        pod_labels = labels(deployment, "spec", "template", "metadata", "labels")
        is_behind = any(selector and selector.items() <= pod_labels.items() for selector in selectors)
        if is_behind and objects.ref(deployment).namespace == service.namespace:
            found = next(filter(None, map(_settings, _containers(deployment))), None)
            if found is not None:
                return found
    return None


def _containers(deployment: Object) -> list[dict[str, Any]]:
    return items(mapping(deployment, "spec", "template", "spec"), "containers")


def _settings(container: Object) -> Settings | None:
    words = [*texts(container, "command"), *texts(container, "args")]
    if words[:1] != [_PROGRAM] or not any(word in _PROTOCOLS for word in words[1:2]):
        return None
    options: dict[str, list[str]] = {}
    splits: dict[str, Mapping[str, int]] = {}
    try:
        for name, values in _options([word.replace("$$", "$") for word in words[2:]]):
            if name == "--split":
                splits[values[0]] = _weights(values[1])
            else:
                options.setdefault(name, []).extend(values)
        default = Settings()
        return Settings(
            hosts=tuple(options.get("--hostname", ())),
            prefixes=tuple(options.get("--path-prefix", default.prefixes)),
            body_limit=int(options.get("--body-limit", [str(default.body_limit)])[-1]),
            keep_query="--keep-query" in options,
            splits=splits,
            strip_engine_fields="--strip-engine-fields" in options,
        )
    except (IndexError, ValueError):
        return None


def _options(words: Sequence[str]) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield each option with its values; `--split` has two."""
    rest = list(words)
    while rest:
        name, equals, value = rest.pop(0).partition("=")
        if equals:
            yield name, [value]
        elif name in _FLAGS:
            yield name, []
        else:
            count = 2 if name == "--split" else 1
            values, rest = rest[:count], rest[count:]
            yield name, values


def _weights(text: str) -> dict[str, int]:
    pairs = (part.rpartition("=") for part in text.split(","))
    return {owner: int(weight) for owner, _, weight in pairs}
