"""Compare emitted objects with those of a cluster, as unified diffs. Pure: values in, text out.

Compared are the fields that are emitted: what the API server, controllers or people add stands in nobody's way, and
`kubectl apply` leaves it alone too. Objects of the set of routes that are no longer emitted are shown as removed.
"""

from __future__ import annotations

import difflib
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import SafeRepresenter

from llmd_routes.kinds import identity
from llmd_routes.kube.objects import Object, kind_of, mapping, name_of, namespace_of

# Fields that are not desired state: status, and metadata managed by the server.
_NEVER = ("status",)
_METADATA = ("name", "namespace", "labels", "annotations")


def differences(desired: Sequence[Object], live: Sequence[Object]) -> Iterator[str]:
    """Yield a unified diff, as `kubectl diff` prints it, for every object that applying would create, change or remove.

    `live` are the objects of the instance, and those with the names of desired ones. Created and changed objects come
    first, in the order of `desired`; then removed ones, sorted.
    """
    there = {identity(obj): obj for obj in live}
    for obj in desired:
        known = there.pop(identity(obj), None)
        yield from _unified(obj, as_emitted(known, obj) if known is not None else None, obj)
    for key in sorted(there):
        yield from _unified(there[key], _wished(there[key]), None)


def as_emitted(live: Any, desired: Any) -> Any:
    """Return the fields of a cluster's value that the desired value has, in their order.

    List items are compared by position; surplus items are reduced to the fields of the last desired item.
    """
    if isinstance(live, Mapping) and isinstance(desired, Mapping):
        return {key: as_emitted(live[key], value) for key, value in desired.items() if key in live}
    if isinstance(live, list) and isinstance(desired, list) and desired:
        return [as_emitted(item, desired[min(number, len(desired) - 1)]) for number, item in enumerate(live)]
    return live


def _wished(obj: Object) -> dict[str, Any]:
    """Return an object without the fields that the server and controllers maintain."""
    metadata = {key: value for key, value in mapping(obj, "metadata").items() if key in _METADATA}
    kept = {key: value for key, value in obj.items() if key not in (*_NEVER, "metadata", "apiVersion", "kind")}
    return {"apiVersion": obj.get("apiVersion"), "kind": obj.get("kind"), "metadata": metadata, **kept}


def _unified(named: Object, before: Any, after: Any) -> Iterator[str]:
    if before == after:
        return
    name = ".".join(
        part
        for part in (
            str(named.get("apiVersion")).replace("/", "."),
            kind_of(named),
            namespace_of(named) or "",
            name_of(named),
        )
        if part
    )
    lines = difflib.unified_diff(_lines(before), _lines(after), f"LIVE/{name}", f"MERGED/{name}")
    yield f"diff -u -N LIVE/{name} MERGED/{name}\n" + "".join(lines)


def _lines(value: Any) -> list[str]:
    if value is None:
        return []
    stream = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]
    yaml.width = 1_000_000
    yaml.Representer = _Representer
    yaml.dump(value, stream)
    return stream.getvalue().splitlines(keepends=True)


class _Representer(SafeRepresenter):
    """Writes multi-line texts as blocks, so that a changed line of a text is a line of the diff."""


def _text(representer: _Representer, value: str) -> ScalarNode:
    tag, style = "tag:yaml.org,2002:str", "|" if "\n" in value else None
    return representer.represent_scalar(tag, value, style=style)


_Representer.add_representer(str, _text)
