"""Find whether clients of an engine must send an API key, and where it is configured. Pure, no I/O.

The key itself is never looked at: neither an argument's value nor a variable's is in what is returned.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from llmd_routes.kube.objects import items, text

from .arguments import Arguments
from .engines.engine import Engine


def key_of(engine: Engine | None, arguments: Arguments, container: Mapping[str, Any]) -> str | None:
    """Return where the API key of an engine is configured: an option, else a variable; None without a key."""
    if engine is None:
        return None
    option = next((name for name in engine.key_options if name in arguments.options), None)
    if option:
        return f"option --{option}"
    named = {text(entry, "name") for entry in items(container, "env") if entry.get("valueFrom") or text(entry, "value")}
    variable = next((name for name in engine.key_env if name in named), None)
    return f"env {variable}" if variable else None
