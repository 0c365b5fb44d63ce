"""Lines of streams, as engines write them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from llmd_routes.comparing.events import Part, error_of, read_line


def data(**event: Any) -> str:
    return f"data: {json.dumps(event)}"


def chunk(**delta: Any) -> str:
    return data(choices=[{"index": 0, "delta": delta}])


@pytest.mark.parametrize(
    ("line", "part"),
    [
        ("", None),
        (": keep-alive", None),
        ("event: message", None),
        (chunk(role="assistant", content=""), None),
        (chunk(content="Hi"), Part(has_text=True)),
        (chunk(reasoning_content="Hm"), Part(has_text=True)),
        (chunk(content=None, tool_calls=[]), None),
        (data(choices=[], usage={"completion_tokens": 7}), Part(tokens=7)),
        (data(choices=[{"delta": {"content": "x"}}], usage={"completion_tokens": 1}), Part(True, 1)),
        (data(choices=[], usage=None), None),
        ("data: [DONE]", Part(is_end=True)),
        ("data:[DONE]", Part(is_end=True)),
        ("data: {", Part(error="the stream has an event that is not JSON")),
        ("data: 5", Part(error="the stream has an event that is not an object")),
        (data(error={"message": "too\nlong", "code": 400}), Part(error="too long")),
        (data(object="error", message="bad", code=400), Part(error="bad")),
        (data(choices="x"), None),
    ],
)
def test_lines(line: str, part: Part | None) -> None:
    assert read_line(line) == part


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"error": {"message": "a"}}, "a"),
        ({"error": "b"}, "b"),
        ({"message": "c"}, "c"),
        ({"detail": "d"}, "d"),
        ({}, "an error without a message"),
        ([], "an error without a message"),
        ({"error": {"message": "x" * 1000}}, "x" * 300),
    ],
)
def test_messages_of_errors(body: Any, message: str) -> None:
    assert error_of(body) == message
