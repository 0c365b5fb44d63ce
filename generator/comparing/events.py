"""Read the stream of a chat completion: lines in, parts of the text out. Pure, no I/O.

Spec: https://html.spec.whatwg.org/multipage/server-sent-events.html, and the API reference of OpenAI, chat streaming.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Final

_DATA: Final = "data:"
_END: Final = "[DONE]"
# Where engines put text: the answer, and the thoughts of reasoning models.
_TEXTS: Final = ("content", "reasoning_content", "reasoning")


@dataclass(frozen=True, slots=True)
class Part:
    """What a line of a stream has: whether text, the reported number of tokens, an error, or its end."""

    has_text: bool = False
    tokens: int | None = None
    error: str | None = None
    is_end: bool = False


def read_line(line: str) -> Part | None:
    """Return what a line has, None if it has nothing (a comment, an empty line, the start of the answer)."""
    if not line.startswith(_DATA):
        return None
    data = line.removeprefix(_DATA).strip()
    if data == _END:
        return Part(is_end=True)
    try:
        event = json.loads(data)
    except ValueError:
        return Part(error="the stream has an event that is not JSON")
    if not isinstance(event, dict):
        return Part(error="the stream has an event that is not an object")
    if event.get("error") or event.get("object") == "error":
        return Part(error=error_of(event))
    part = Part(_has_text(event), _tokens(event))
    return part if part.has_text or part.tokens is not None else None


def error_of(body: Any) -> str:
    """Return the message of an error in the formats of OpenAI, vLLM and SGLang, in one line."""
    error = body.get("error") if isinstance(body, dict) else None
    message = error.get("message") if isinstance(error, dict) else error
    if message is None and isinstance(body, dict):
        message = body.get("message") or body.get("detail")
    return " ".join(str(message or "an error without a message").split())[:300]


def _has_text(event: dict[str, Any]) -> bool:
    choices = event.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    delta = choice.get("delta")
    return isinstance(delta, dict) and any(delta.get(name) for name in _TEXTS)


def _tokens(event: dict[str, Any]) -> int | None:
    usage = event.get("usage")
    count = usage.get("completion_tokens") if isinstance(usage, dict) else None
    return count if isinstance(count, int) and count > 0 else None
