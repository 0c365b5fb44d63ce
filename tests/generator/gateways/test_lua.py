"""Values as Lua writes them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from llmd_routes.gateways.lua import entries, literal
from llmd_routes_sidecar.catalog import Catalog, Model, Service

RUNTIME: Any = import_module("lupa.luajit21").LuaRuntime(encoding=None)


@given(st.text(max_size=30))
def test_any_text_comes_back(text: str) -> None:
    assert RUNTIME.eval(literal(text).encode()) == text.encode()


def test_the_other_values() -> None:
    assert literal({"a": [1, True, "x"], "b": {}}) == '{["a"] = {1, true, "x"}, ["b"] = {}}'
    assert literal('say "x"') == "'say \"x\"'"


def test_entries_say_model_engine_default_and_what_is_listed() -> None:
    catalog = Catalog(
        services=(Service(owned_by="vllm", models=(Model(id="m", is_default=True),), pool="p", pods=None),)
    )
    (entry,) = entries(catalog)
    model, owner, is_default, listed = RUNTIME.eval(f"{{{entry}}}".encode())[1].values()
    assert (model, owner, is_default) == (b"m", b"vllm", True)
    assert listed.startswith(b'{"id": "m", "object": "model"')
