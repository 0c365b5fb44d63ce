"""Read from the arguments of an engine whether a pod only prefills or only decodes. Pure, no I/O."""

from __future__ import annotations

import json
from typing import Any, Final

from .arguments import Arguments
from .engines.engine import Engine

_HALVES: Final = ("decode", "prefill")
# https://docs.vllm.ai/en/latest/features/disagg_prefill.html
_BY_TRANSFER: Final = {"kv_consumer": "decode", "kv_producer": "prefill"}


def role_of_arguments(arguments: Arguments, engine: Engine | None) -> str | None:
    """Return `decode` or `prefill` if an option limits the engine to that half of a request, else None."""
    role = arguments.last(engine.role_option) if engine and engine.role_option else None
    return role if role in _HALVES else None


def role_of_transfer(arguments: Arguments, engine: Engine | None) -> str | None:
    """Return `decode` or `prefill` if the engine only receives or only sends KV caches, else None.

    Such an engine still answers whole requests, so the role is only a hint.
    """
    option = engine.transfer_option if engine else None
    if option is None:
        return None
    whole, own = arguments.last(option), arguments.last(f"{option}.kv-role")
    return _BY_TRANSFER.get(own or _kv_role(whole or ""))


def _kv_role(config: str) -> str:
    try:
        fields: Any = json.loads(config)
    except (ValueError, RecursionError):
        return ""
    role = fields.get("kv_role") if isinstance(fields, dict) else None
    return role if isinstance(role, str) else ""
