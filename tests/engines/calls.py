"""What the checks ask of a gateway, and what each must answer, whatever is between it and the engines."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Collection
from pathlib import Path
from typing import Any

import openai

from tests.bench.scene.calls import Answer
from tests.bench.scene.gateway import CHAT, JSON, MODEL, Gateway
from tests.bench.scene.guide import call

from .replies import engine_of_body

Obj = dict[str, Any]
MESSAGES: Any = [{"role": "user", "content": "Hello! Say hi"}]
BODY = {"model": MODEL, "messages": MESSAGES, "max_tokens": 4}
# Tokens of a stream that takes long enough to see whether it is held back; llama.cpp is the fastest.
LENGTH = {"llamacpp": 3000, "sglang": 300, "vllm": 600}


def ask(gateway: Gateway, fields: Obj | None = None, headers: dict[str, str] | None = None, query: str = "") -> Answer:
    """Ask for a chat completion, with further fields in the body."""
    return gateway.ask("POST", f"{CHAT}{query}", {**JSON, **(headers or {})}, json.dumps({**BODY, **(fields or {})}))


def served(answer: Answer) -> tuple[int, str | None]:
    """Return the status and the engine of an answer."""
    return answer.status, engine_of_body(answer.body)


def check_guide(gateway: Gateway, block: str, folder: Path, engines: Collection[str]) -> None:
    """Run commands of the guide as they stand there, and assert what each call answers."""
    for one in call(block, gateway, folder):
        if "/admin/" in one.text:
            assert one.status == 404, one
            continue
        assert one.status == 200, one
        if "/v1/models" in one.text:
            assert {entry["owned_by"] for entry in json.loads(one.body)["data"]} == set(engines)
        else:
            owner = re.search(r'owned[_-]by"?: "?(\w+)', one.text)
            assert engine_of_body(one.body) == (owner[1] if owner else "vllm"), one


def check_names(gateway: Gateway, engine: str) -> None:
    """Assert that an engine answers in each way to name it."""
    for member in ("owned_by", "engine", "inference_server"):
        assert served(ask(gateway, {member: engine})) == (200, engine), member
    for header in ("x-owned-by", "x-inference-server"):
        assert served(ask(gateway, headers={header: engine})) == (200, engine), header
    assert served(ask(gateway, query=f"?owned_by={engine}")) == (200, engine)


def check_stream(client: openai.OpenAI, engine: str) -> int:
    """Assert that the first parts of a stream arrive long before the last one; return the number of parts.

    An engine that is slow to write puts several tokens into one part.
    """
    begun, moments = time.monotonic(), []
    more = {"owned_by": engine, "ignore_eos": True}
    for _ in client.chat.completions.create(
        model=MODEL, messages=MESSAGES, max_tokens=LENGTH[engine], stream=True, extra_body=more
    ):
        moments.append(time.monotonic() - begun)
    assert moments[1] < moments[-1] / 3
    return len(moments)
