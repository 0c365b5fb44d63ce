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
) -> dict[str, tuple[str, ...]]:
    """Return the options of the YAML file that a ConfigMap volume of the pod holds at `path`, if it is there."""
    content = _mounted(spec, config_map, container, PurePosixPath(path))
    if content is None:
        return {}
    data = load(content)
    if not isinstance(data, Mapping):
        return {}
    return {str(key).replace("_", "-"): values for key, raw in data.items() if (values := _values(raw))}


def _values(raw: Any) -> tuple[str, ...]:
    words = raw if isinstance(raw, list) else [raw]
    return tuple(word for word in map(scalar, words) if word is not None)


def _mounted(
    spec: Mapping[str, Any], config_map: ConfigMaps, container: Mapping[str, Any], path: PurePosixPath
) -> str | None:
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
