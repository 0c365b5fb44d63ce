"""The extractor in Lua decides as the contract does."""

from __future__ import annotations

import hashlib
import json
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmd_routes.gateways.lua import METADATA
from llmd_routes.output.lua_program import PROGRAM, extractor
from llmd_routes.output.templating import source
from llmd_routes_sidecar.answers import MOST_NAMED
from llmd_routes_sidecar.catalog import Catalog
from llmd_routes_sidecar.extraction import Refusal, decide
from llmd_routes_sidecar.form_bodies import MOST_IN_HEAD, MOST_PARTS
from llmd_routes_sidecar.owners import INVALID_MODEL, is_usable
from llmd_routes_sidecar.request_head import Request
from tests.fuzzing import count_of, seed_of
from tests.generator.luajit import Filter
from tests.sidecar.objects import objects
from tests.sidecar.stripping import STRIPPED, STRIPPING, Stripped
from tests.sidecar.vectors import SETTINGS, SUITE, VECTORS, Vector, outcome_of, suite

CHAT = Request("POST", "llm.example.com", "/v1/chat/completions", (("content-type", "application/json"),))


def loaded(program: str) -> Filter:
    found = Filter(SETTINGS, program)
    found.lua.execute(b"math.random = function() return 1 end")
    return found


@pytest.fixture(scope="module")
def lua() -> Filter:
    return loaded("luajit21")


@pytest.fixture(scope="module", params=["luajit21", "lua51"])
def any_lua(request: pytest.FixtureRequest) -> Filter:
    """Envoy has LuaJIT; Envoy Gateway tries programs in a Lua 5.1 of its own first."""
    return loaded(request.param)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda each: each.name)
def test_vectors(any_lua: Filter, vector: Vector) -> None:
    found, read = any_lua.decide(vector.request, vector.body)
    found = found._replace(keeps_owner=vector.out.get("owner") == "kept")
    # A body that was refused by its declared length was not read.
    refused = found.refusal is Refusal.TOO_LARGE
    outcome = outcome_of(found, read or refused)
    assert (replace(outcome, model=None, owner=None) if outcome.status else outcome) == vector.wanted("lua")


def test_the_mock_data_of_envoy_gateway_is_survived(any_lua: Filter) -> None:
    """Its strict validation: every header is `example_value`, the body `example_bytes`, and some words are refused."""
    names = ("content-type", "content-encoding", "content-length", "upgrade", "x-owned-by", "x-inference-server")
    request = Request(
        "example_value", "example_value", "example_value", tuple((name, "example_value") for name in names)
    )
    assert any_lua.decide(request, b"example_bytes")[0].refusal is None
    ours = replace(request, path="/v1/x", host="llm.example.com")
    assert any_lua.decide(ours, b"example_bytes")[0].refusal is None
    for word in ("require", "setmetatable", "clearRouteCache", "envoy_on_response"):
        assert word not in extractor(SETTINGS)


def test_the_program_is_the_reviewed_file_in_every_installation() -> None:
    program = source(PROGRAM)
    digest = hashlib.sha256(program.encode()).hexdigest()
    catalog = Catalog(services=())
    for filled in (extractor(SETTINGS), extractor(STRIPPING), extractor(SETTINGS, catalog)):
        assert filled.endswith(f"\n-- templates/{PROGRAM} of llmd-routes, SHA-256 {digest}\n{program}")


def test_the_program_has_the_limits_of_the_contract() -> None:
    program = source(PROGRAM)
    assert f"local MOST_PARTS, MOST_IN_HEAD = {MOST_PARTS}, {MOST_IN_HEAD} " in program
    assert f"local MOST_NAMED = {MOST_NAMED} " in program
    assert f'local INVALID = "{INVALID_MODEL}"' in program
    assert f'local NAMESPACE = "{METADATA}"' in program


@given(objects())
def test_any_object_is_read_as_json_loads_does(lua: Filter, body: bytes) -> None:
    found, _ = lua.decide(CHAT, body)
    assert found == decide(CHAT, SETTINGS, min, body)


@pytest.fixture(scope="module", params=["luajit21", "lua51"])
def stripping(request: pytest.FixtureRequest) -> Filter:
    return Filter(STRIPPING, request.param)


@pytest.mark.parametrize("row", STRIPPED, ids=lambda row: row.name)
def test_what_engines_see(stripping: Filter, row: Stripped) -> None:
    assert stripping.changed(row.request, row.body) == row.out


@given(objects())
def test_engines_see_of_any_object_what_the_contract_says(stripping: Filter, body: bytes) -> None:
    changed = bytearray(body)
    for start, end in decide(CHAT, STRIPPING, min, body).blanks:
        changed[start:end] = b" " * (end - start)
    assert stripping.changed(CHAT, body) == changed


@given(st.binary(max_size=200) | st.text('{}[],:" \\a', max_size=40).map(str.encode))
def test_what_is_stripped_of_any_bytes_keeps_its_length(stripping: Filter, body: bytes) -> None:
    for sent in (body, b'{"engine":"a",' + body, b'{"engine":"a","x":' + body + b"}"):
        assert len(stripping.changed(CHAT, sent)) == len(sent)


@pytest.mark.parametrize("unit", [b"[", b"\\", b'"', b'\\"', b",", b'"engine":', b'"engine":1,', b'"a":1,', b"{"])
def test_long_runs_are_stripped_soon(stripping: Filter, unit: bytes) -> None:
    run = unit * (4_000_000 // len(unit))
    for body in (b'{"engine":1,' + run, b'{"engine":1,' + run + b'"x":1}'):
        assert len(stripping.changed(CHAT, body)) == len(body)


WORDS = st.text("ao%4+&=.\x00 ", max_size=5) | st.sampled_from(["model", "owned_by", "engine", "a%2Fb", "vllm"])


@given(st.lists(st.tuples(WORDS, WORDS), max_size=5), st.sampled_from(["GET", "POST"]))
def test_any_query_is_read_as_the_contract_does(lua: Filter, pairs: list[tuple[str, str]], method: str) -> None:
    path = "/v1/files?" + "&".join("=".join(pair) for pair in pairs)
    request = Request(method, "llm.example.com", path, (("content-type", "text/plain"),))
    assert lua.decide(request)[0] == decide(request, SETTINGS, min)


def safe(lua: Filter, body: bytes, request: Request = CHAT) -> None:
    found, _ = lua.decide(request, body)
    assert found.model is None or is_usable(found.model)
    assert (found.owner is None) == (found.model is None)
    assert found.owner is None or is_usable(found.owner)


FORM = Request("POST", "llm.example.com", "/v1/audio", (("content-type", "multipart/form-data; boundary=a"),))


@given(st.binary(max_size=200), st.sampled_from([CHAT, FORM]))
def test_any_bytes_give_a_safe_decision(lua: Filter, body: bytes, request: Request) -> None:
    safe(lua, body, request)


def test_mutated_bodies_give_safe_decisions(lua: Filter) -> None:
    chance = random.Random(seed_of(20261125))
    part = b'--a\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'
    form = part % (b"model", b"org/m") + part % (b"owned_by", b"vllm") + b"--a--\r\n"
    text = json.dumps({"messages": [{"role": "user", "content": "hé\n"}], "model": "org/m", "owned_by": "vllm"})
    for number in range(count_of(25_000)):
        request, sound = (FORM, form) if number % 4 == 0 else (CHAT, text.encode())
        safe(lua, mutated(chance, sound), request)


def mutated(chance: random.Random, sound: bytes) -> bytes:
    body = bytearray(sound)
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(body))
        body[at : at + chance.randint(0, 3)] = bytes(
            chance.choices(b'{}[]",:;=\\u0\r\n-\xff\x00mo', k=chance.randint(0, 3))
        )
    return bytes(body)


@pytest.mark.parametrize(
    "unit", [b"[", b"\\", b'"', b'\\"', b" ", b'"model":', b'"a":', b"{", b"\\u0041", b";", b"\r\n--a\r\n"]
)
@pytest.mark.parametrize("request_", [CHAT, FORM], ids=["json", "form"])
def test_long_runs_end_soon(lua: Filter, unit: bytes, request_: Request) -> None:
    """What takes time that grows with the square of its length would run for hours: four megabytes of each."""
    run = unit * (4_000_000 // len(unit))
    for body in (run, b'{"owned_by": "' + run, b'{"owned_by": "' + run + b'", "model": "m"}'):
        safe(lua, body, request_)


@pytest.mark.parametrize("name", ["content-type", "content-encoding", "x-owned-by", ":authority"])
@pytest.mark.parametrize("unit", [" ", ";", "a ", ":1", '=";', "identity"])
def test_long_headers_end_soon(lua: Filter, name: str, unit: str) -> None:
    value = unit * (60_000 // len(unit))
    headers = {"content-type": "application/json", name: value}
    host = headers.pop(":authority", CHAT.host)
    lua.decide(Request("POST", host, f"/v1/x?{unit * 1000}", tuple(headers.items())), b"{}")


@pytest.mark.skipif(not SUITE.exists(), reason="the JSON test suite is not beside this clone")
def test_the_suite(lua: Filter) -> None:
    """Valid texts beside a model change nothing; others do no harm."""
    for name, text, around in suite():
        for body in (text, *around):
            safe(lua, body)
        if name.startswith("y_"):
            assert [lua.decide(CHAT, body)[0].model for body in around] == ["m", "m"], name
