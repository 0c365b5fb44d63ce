"""The contract of body to header, on the pure module: the table, and properties of what is not in it."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmd_routes_sidecar.bodies import reader_of
from llmd_routes_sidecar.extraction import Settings, decide, reads_body
from llmd_routes_sidecar.owners import is_usable
from llmd_routes_sidecar.request_head import Request
from tests.fuzzing import count_of, seed_of

from .vectors import SETTINGS, SUITE, VECTORS, Vector, outcome_of, suite

CHAT = Request("POST", "llm.example.com", "/v1/chat/completions", (("content-type", "application/json"),))
NAMES = ("model", "owned_by")


def first(weights: Mapping[str, int]) -> str:
    return min(weights)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_the_table(vector: Vector) -> None:
    found = decide(vector.request, SETTINGS, first, vector.body)
    assert outcome_of(found, reads_body(vector.request, SETTINGS)) == vector.wanted()


def test_names_are_told_apart() -> None:
    names = [vector.name for vector in VECTORS]
    assert len(set(names)) == len(names)


def read(body: bytes) -> dict[str, object] | None:
    reader = reader_of("application/json")
    assert reader
    return reader("application/json", body, NAMES)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(NAMES), inner),
    max_leaves=10,
)


@given(
    st.dictionaries(st.sampled_from([*NAMES, "x", "modél"]), VALUES),
    st.booleans(),
    st.sampled_from([None, 1]),
)
def test_it_finds_what_json_finds(value: dict[str, object], ascii_only: bool, indent: int | None) -> None:
    body = json.dumps(value, ensure_ascii=ascii_only, indent=indent).encode("utf-8", "surrogatepass")
    found, wanted = read(body), read_by_json(body)
    assert (found is not None and wanted is not None) or found is wanted
    if found is None or wanted is None:
        return
    assert found.keys() == wanted.keys()
    for name, value_of_json in wanted.items():
        if isinstance(value_of_json, str) or value_of_json is None:
            assert found[name] == value_of_json


def read_by_json(body: bytes) -> dict[str, object] | None:
    """Return what the library finds; bytes that are not UTF-8 are no JSON."""
    try:
        found = json.loads(body.decode())
    except UnicodeDecodeError:
        return None
    return {name: found[name] for name in NAMES if name in found}


@given(st.binary(max_size=200), st.sampled_from(["application/json", "multipart/form-data; boundary=a", None]))
def test_any_bytes_give_a_safe_decision(body: bytes, kind: str | None) -> None:
    headers = (("content-type", kind),) if kind else ()
    safe(Request("POST", "h", "/v1/x", headers), body)


def safe(request: Request, body: bytes) -> None:
    found = decide(request, Settings(), first, body)
    assert found.model is None or is_usable(found.model)
    assert (found.owner is None) == (found.model is None)
    assert found.owner is None or is_usable(found.owner)


def test_mutated_bodies_give_safe_decisions() -> None:
    chance = random.Random(seed_of(20261125))
    sound = json.dumps({"messages": [{"role": "user", "content": "hé\n"}], "model": "org/m", "owned_by": "vllm"})
    for _ in range(count_of(25_000)):
        body = bytearray(sound.encode())
        for _ in range(chance.randint(1, 4)):
            at = chance.randrange(len(body))
            body[at : at + chance.randint(0, 3)] = bytes(
                chance.choices(b'{}[]",:\\u0\xff\x00mo', k=chance.randint(0, 3))
            )
        safe(CHAT, bytes(body))


@pytest.mark.parametrize("depth", [10, 100_000])
def test_deep_nesting_is_survived(depth: int) -> None:
    body = b'{"x": ' + b"[" * depth + b"]" * depth + b', "model": "m"}'
    assert read(body) == ({"model": "m"} if depth == 10 else None)


def test_a_number_of_many_digits_is_no_obstacle() -> None:
    assert read(b'{"x": ' + b"1" * 100_000 + b', "model": "m"}') == {"model": "m"}


@pytest.mark.skipif(not SUITE.exists(), reason="the JSON test suite is not beside this clone")
def test_the_suite() -> None:
    """Valid texts beside a model change nothing; others do no harm."""
    for name, text, around in suite():
        for body in (text, *around):
            safe(CHAT, body)
        if name.startswith("y_"):
            assert [decide(CHAT, SETTINGS, first, body).model for body in around] == ["m", "m"], name
