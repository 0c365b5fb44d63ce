"""Read what ConfigMaps add to a container: variables and configuration files. Pure, no I/O."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any

from llmd_routes.text.shell_expansions import Budget, kubelet_expand
from llmd_routes.text.yaml_values import load
from llmd_routes.values import scalar

from .containers import env_of
from .objects import items, mapping, text

ConfigMaps = Callable[[str], Mapping[str, str] | None]


def environment(config_map: ConfigMaps, container: Mapping[str, Any]) -> dict[str, str]:
    """Return a container's variables: `envFrom` and `valueFrom` ConfigMaps of the input, then literal values.

    Values from Secrets, fields and missing ConfigMaps are absent, so references to them stay unresolved. A variable
    that a required, missing ConfigMap would replace is absent too.
    """
    found: dict[str, str] = {}
    for source in items(container, "envFrom"):
        reference = mapping(source, "configMapRef")
        data = config_map(text(reference, "name") or "")
        if reference and data is None and not _optional(reference):
            found.clear()
        prefix = text(source, "prefix") or ""
        found.update({prefix + key: value for key, value in (data or {}).items()})
    last = _last(container)
    for name, entry in last.items():
        told = mapping(entry, "valueFrom")
        reference = mapping(told, "configMapKeyRef")
        data = config_map(text(reference, "name") or "") or {}
        value = data.get(text(reference, "key") or "")
        if value is not None:
            found[name] = value
        elif told and not any(map(_optional, told.values())):
            found.pop(name, None)
    literal = {name: value for name, value in env_of(container).items() if not mapping(last.get(name), "valueFrom")}
    return found | _expanded(literal, found)


def _last(container: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the effective entries of `env` by name; for duplicate names, the last one wins."""
    return {text(entry, "name") or "": entry for entry in items(container, "env")}


def overriders(config_map: ConfigMaps, container: Mapping[str, Any]) -> dict[str, str]:
    """Return the variables that a missing optional ConfigMap would replace, with the ConfigMap's name."""
    found: dict[str, str] = {}
    known: set[str] = set()
    for source in items(container, "envFrom"):
        reference, prefix = mapping(source, "configMapRef"), text(source, "prefix") or ""
        name = text(reference, "name") or ""
        data = config_map(name)
        if data is not None:
            told = {prefix + key for key in data}
            known |= told
            found = {variable: late for variable, late in found.items() if variable not in told}
        elif name and _optional(reference):
            found |= {variable: name for variable in known if variable.startswith(prefix)}
    for variable, entry in _last(container).items():
        reference = mapping(entry, "valueFrom", "configMapKeyRef")
        name = text(reference, "name") or ""
        found.pop(variable, None)
        if name and variable in known and _optional(reference) and config_map(name) is None:
            found[variable] = name
    return found


def _optional(reference: Any) -> bool:
    return isinstance(reference, Mapping) and reference.get("optional") is True


def origin(config_map: ConfigMaps, container: Mapping[str, Any], variable: str) -> str | None:
    """Return why a variable of a container has no value, according to the container's spec."""
    for entry in reversed(items(container, "env")):
        if text(entry, "name") == variable:
            return _absent(config_map, entry)
    sources = [mapping(source, "configMapRef") for source in items(container, "envFrom")]
    missing = [text(one, "name") or "?" for one in sources if one and config_map(text(one, "name") or "") is None]
    return f"ConfigMap {', '.join(missing)} is not in the input" if missing else None


def _absent(config_map: ConfigMaps, entry: Mapping[str, Any]) -> str | None:
    """Return why the value of a variable with a reference is unknown."""
    for kind, field in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
        reference = mapping(entry, "valueFrom", field)
        name, key = text(reference, "name"), text(reference, "key")
        if kind == "Secret" and reference:
            return f"it is in Secret {name}, which llmd-routes never reads"
        if reference:
            there = config_map(name or "") is not None
            return f"ConfigMap {name} has no {key}" if there else f"ConfigMap {name} is not in the input"
    return "it is known only at run time" if mapping(entry, "valueFrom") else None


def _expanded(literal: Mapping[str, str], known: Mapping[str, str]) -> dict[str, str]:
    """Expand `$(VAR)` in values by earlier variables, as the kubelet does."""
    done: dict[str, str] = {}
    budget, variables = Budget(), ChainMap(done, dict(known))
    for name, value in literal.items():
        done[name] = kubelet_expand(value, variables, budget)
    return done


def config_file(
    spec: Mapping[str, Any], config_map: ConfigMaps, container: Mapping[str, Any], path: str
) -> dict[str, tuple[str, ...]] | None:
    """Return the options in the YAML file that a ConfigMap volume mounts at `path`, or None if it is missing."""
    content = mounted(spec, config_map, container, path)
    if content is None:
        return None
    data = load(content)
    if not isinstance(data, Mapping):
        return {}
    return {str(key).replace("_", "-"): values for key, raw in data.items() if (values := _values(raw))}


def _values(raw: Any) -> tuple[str, ...]:
    words = raw if isinstance(raw, list) else [raw]
    return tuple(word for word in map(scalar, words) if word is not None)


def mounted(spec: Mapping[str, Any], config_map: ConfigMaps, container: Mapping[str, Any], file: str) -> str | None:
    """Return the text of a file that a ConfigMap volume mounts into a container, or None if it is missing."""
    path = PurePosixPath(file)
    volumes = {text(v, "name"): text(v, "configMap", "name") for v in items(spec, "volumes")}
    for mount in items(container, "volumeMounts"):
        data = config_map(volumes.get(text(mount, "name")) or "")
        target = PurePosixPath(text(mount, "mountPath") or "/")
        if data is None or not (path == target or target in path.parents):
            continue
        key = text(mount, "subPath") or str(path.relative_to(target))
        if key in data:
            return data[key]
    return None
