"""What ConfigMaps of the input add to a container: variables and configuration files. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePosixPath
from typing import Any

from .objects import items, mapping, scalar, text
from .sidecars import env_of
from .yamltext import load

ConfigMaps = Callable[[str], Mapping[str, str] | None]


def environment(config_map: ConfigMaps, container: Mapping[str, Any]) -> dict[str, str]:
    """Return a container's variables: `envFrom` and `valueFrom` ConfigMaps of the input, then literal values.

    What comes from Secrets, fields and ConfigMaps that the input does not hold is absent, so it stays unresolved.
    """
    found: dict[str, str] = {}
    for source in items(container, "envFrom"):
        data = config_map(text(source, "configMapRef", "name") or "") or {}
        prefix = text(source, "prefix") or ""
        found.update({prefix + key: value for key, value in data.items()})
    for entry in items(container, "env"):
        reference = mapping(entry, "valueFrom", "configMapKeyRef")
        data = config_map(text(reference, "name") or "") or {}
        value = data.get(text(reference, "key") or "")
        if value is not None:
            found[text(entry, "name") or ""] = value
    return found | _expanded(env_of(container), found)


def origin(config_map: ConfigMaps, container: Mapping[str, Any], variable: str) -> str | None:
    """Return why a variable of a container has no value, as far as the container tells."""
    for entry in reversed(items(container, "env")):
        if text(entry, "name") == variable:
            return _absent(config_map, entry)
    sources = [mapping(source, "configMapRef") for source in items(container, "envFrom")]
    missing = [text(one, "name") or "?" for one in sources if one and config_map(text(one, "name") or "") is None]
    return f"ConfigMap {', '.join(missing)} is not in the input" if missing else None


def _absent(config_map: ConfigMaps, entry: Mapping[str, Any]) -> str | None:
    """Return why the value of a variable that refers to something is not known."""
    for kind, field in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
        reference = mapping(entry, "valueFrom", field)
        name, key = text(reference, "name"), text(reference, "key")
        if kind == "Secret" and reference:
            return f"it is in Secret {name}, which is never read"
        if reference:
            there = config_map(name or "") is not None
            return f"ConfigMap {name} has no {key}" if there else f"ConfigMap {name} is not in the input"
    return "it is known only when the pod runs" if mapping(entry, "valueFrom") else None


def _expanded(literal: Mapping[str, str], known: Mapping[str, str]) -> dict[str, str]:
    """Expand `$(VAR)` in values by the variables before them, as the kubelet does."""
    done: dict[str, str] = {}
    for name, value in literal.items():
        for other, replacement in {**known, **done}.items():
            value = value.replace(f"$({other})", replacement) if "$(" in value else value
        done[name] = value
    return done


def config_file(
    spec: Mapping[str, Any], config_map: ConfigMaps, container: Mapping[str, Any], path: str
) -> dict[str, tuple[str, ...]] | None:
    """Return the options of the YAML file that a ConfigMap volume of the pod holds at `path`; None: it is not there."""
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
    """Return the text of a file that a ConfigMap volume of the pod puts into a container; None: it is not there."""
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
