"""Recognise payload processors, and read which headers they set. Pure, no I/O.

Source: https://github.com/llm-d/llm-d-inference-payload-processor (config/charts/payload-processor), and before that
the body-based router of gateway-api-inference-extension (config/charts/body-based-routing).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from llmd_routes.kube.config_maps import ConfigMaps, mounted
from llmd_routes.kube.objects import items, mapping, text
from llmd_routes.text.yaml_values import load
from llmd_routes_sidecar.owners import MODEL_HEADER

from .arguments import arguments_of
from .images import repository_of

_IMAGE: Final = re.compile(r"llm-d-inference-payload-processor$|gateway-api-inference-extension/bbr$|(^|/)bbr$")
_COPY: Final = "body-field-to-header"
_DEFAULTS: Final = {"model": MODEL_HEADER}


def processor_container(spec: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the container of a payload processor in a pod, or None."""
    for container in items(spec, "containers"):
        if _IMAGE.search(repository_of(text(container, "image") or "")):
            return container
    return None


def copied_fields(
    spec: Mapping[str, Any], container: Mapping[str, Any], config_map: ConfigMaps
) -> tuple[dict[str, str] | None, str]:
    """Return the header in lower case for each copied field of bodies, and where the processor configures them.

    The headers are None if the configuration file is not in the input. Without any configuration it copies the model.
    """
    options = arguments_of(container)
    file = options.last("config-file")
    if file is None:
        plugins = options.all("plugin")
        return (dict(_from_words(plugins)) if plugins else dict(_DEFAULTS)), "bbr.plugins of its chart"
    content = mounted(spec, config_map, container, f"/{file.lstrip('/')}")
    setting = "payloadProcessor.customConfig of its chart"
    return (None if content is None else dict(_from_file(content))), setting


def _from_words(plugins: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the copies of plugins of the form `TYPE:NAME:JSON`."""
    for plugin in plugins:
        kind, _, rest = plugin.partition(":")
        parameters = rest.partition(":")[2]
        if kind == _COPY:
            try:
                yield from _copy(json.loads(parameters))
            except ValueError:
                continue


def _from_file(content: str) -> Iterator[tuple[str, str]]:
    """Yield the copies of the plugins that a profile of a PayloadProcessorConfig references."""
    config = load(content)
    profiles = items(config, "profiles")
    used = {text(entry, "pluginRef") for profile in profiles for entry in items(profile, "plugins", "request")}
    for plugin in items(config, "plugins"):
        name = text(plugin, "name") or text(plugin, "type")
        if text(plugin, "type") == _COPY and name in used:
            yield from _copy(mapping(plugin, "parameters"))


def _copy(parameters: Any) -> Iterator[tuple[str, str]]:
    field, header = text(parameters, "fieldName"), text(parameters, "headerName")
    if field and header:
        yield field, header.lower()
