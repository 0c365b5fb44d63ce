"""Which engine wrote a reply: each has members that no other one has."""

from __future__ import annotations

import json
from typing import Any

Obj = dict[str, Any]


def engine_of(reply: Obj) -> str | None:
    """Return the engine of a completion, None if it is of none of them."""
    fingerprint = str(reply.get("system_fingerprint") or "")
    if "weight_version" in (reply.get("metadata") or {}):
        return "sglang"
    if "timings" in reply or fingerprint.startswith("b11434"):
        return "llamacpp"
    if "kv_transfer_params" in reply or fingerprint.startswith("vllm"):
        return "vllm"
    return None


def engine_of_body(body: str | bytes) -> str | None:
    """Return the engine of a body, None if it is not JSON."""
    try:
        reply = json.loads(body)
    except ValueError:
        return None
    return engine_of(reply) if isinstance(reply, dict) else None
