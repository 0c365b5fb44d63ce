"""Write values as Lua does, for the filter that is part of a gateway's configuration. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Final

from llmd_routes_sidecar.catalog import Catalog
from llmd_routes_sidecar.served import as_object

METADATA: Final = "llmd-routes"
_SPECIAL: Final = re.compile(rb"[^ -\[\]-~]")
Value = str | int | bool | Sequence["Value"] | Mapping[str, "Value"]


def entries(catalog: Catalog) -> list[str]:
    """Return the fields of catalog entries that the program uses (model, engine, is default) as JSON."""
    return [
        literal([entry.id, entry.owned_by, entry.is_default, json.dumps(as_object(entry))]) for entry in catalog.entries
    ]


def literal(value: Value) -> str:
    """Return a value as a Lua literal; mappings keep their order."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, str):
        quote = "'" if '"' in value else '"'
        written = _SPECIAL.sub(lambda found: b"\\%03d" % found[0][0], value.encode()).decode()
        return quote + written.replace(quote, f"\\{quote}") + quote
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"[{literal(name)}] = {literal(each)}" for name, each in value.items()) + "}"
    return "{" + ", ".join(map(literal, value)) + "}"
