"""What an engine answers is read, whatever it is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmd_routes_sidecar.engine_models import MOST_MODELS, MOST_READ, AnswerError, models_of
from llmd_routes_sidecar.owners import is_usable

VLLM = {
    "id": "Qwen/Qwen2.5-0.5B-Instruct",
    "object": "model",
    "created": 1766189481,
    "owned_by": "vllm",
    "root": "Qwen/Qwen2.5-0.5B-Instruct",
    "parent": None,
    "max_model_len": 32768,
    "permission": [{"id": "modelperm-1", "allow_sampling": True}],
}
TOLD = {"created": 1766189481, "root": "Qwen/Qwen2.5-0.5B-Instruct", "parent": None, "max_model_len": 32768}


def listed(*entries: Any) -> bytes:
    return json.dumps({"object": "list", "data": entries}).encode()


def test_what_an_engine_tells_is_kept_and_what_we_say_is_not() -> None:
    assert models_of(listed(VLLM, {"id": "lora", "parent": "Qwen/Qwen2.5-0.5B-Instruct", "available": True})) == {
        "Qwen/Qwen2.5-0.5B-Instruct": TOLD,
        "lora": {"parent": "Qwen/Qwen2.5-0.5B-Instruct"},
    }


def test_aliases_are_models_too() -> None:
    """Seen with llama-server, build 11434: one id, and the other names beside it."""
    entry = {"id": "oak", "aliases": ["oak", "small", 3, "bad\n"], "created": 5, "owned_by": "llamacpp"}
    told = models_of(listed(entry, {"id": "small", "created": 7}))
    assert {name: each["created"] for name, each in told.items()} == {"oak": 5, "small": 7}
    assert set(models_of(listed({**entry, "aliases": ["tiny", "small"]}))) == {"oak", "small", "tiny"}
    assert set(models_of(listed({**entry, "aliases": "tiny"}))) == {"oak"}
    many = [{"id": f"m{n}", "aliases": [f"a{n}-{k}" for k in range(1000)]} for n in range(10)]
    assert len(models_of(listed(*many))) == MOST_MODELS


@pytest.mark.parametrize("created", [None, -1, True, "1766189481", 1.5, [], {}])
def test_a_time_that_is_none_is_left_out(created: Any) -> None:
    assert models_of(listed({"id": "m", "created": created})) == {"m": {}}


def test_entries_that_no_request_can_name_are_left_out() -> None:
    wrong: list[Any] = [
        None,
        5,
        "m",
        [],
        {},
        {"id": None},
        {"id": 5},
        {"id": ""},
        {"id": "é"},
        {"id": "a\nb"},
        {"id": "x" * 513},
    ]
    assert models_of(listed(*wrong, {"id": "m", "root": "first"}, {"id": "m", "root": "second"})) == {
        "m": {"root": "first"}
    }


@pytest.mark.parametrize(
    ("raw", "fact"),
    [
        (b"", "is no JSON"),
        (b"<html>", "is no JSON"),
        (b"\xff", "is no JSON"),
        (b'{"data": NaN}', "has no `data`"),
        (b"[" * 100_000, "is no JSON"),
        (b"[]", "has no `data`"),
        (b"null", "has no `data`"),
        (b'{"data": {}}', "has no `data`"),
        (b" " * (MOST_READ + 1), "is longer than 1048576 bytes"),
    ],
)
def test_what_is_no_list_is_told(raw: bytes, fact: str) -> None:
    with pytest.raises(AnswerError, match=fact):
        models_of(raw)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(list(VLLM)) | st.text(), inner),
    max_leaves=12,
)


@given(JSON | st.builds(lambda data: {"data": data}, st.lists(JSON)))
def test_any_json_is_read_or_told(said: Any) -> None:
    try:
        found = models_of(json.dumps(said).encode())
    except AnswerError:
        return
    assert all(is_usable(name) for name in found)
    assert all(isinstance(told.get("created", 0), int) and "owned_by" not in told for told in found.values())


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_told(raw: bytes) -> None:
    try:
        assert models_of(raw) == {}
    except AnswerError as error:
        assert str(error).startswith("its list of models ")
