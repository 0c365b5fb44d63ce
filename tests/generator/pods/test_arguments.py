"""Options of command lines, whatever parser they are for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmd_routes.pods.arguments import Arguments, lora_names, parse
from llmd_routes.pods.engines.engine import GO, Grammar
from llmd_routes.pods.engines.vllm import VLLM

GRAMMAR = Grammar(frozenset(["flag"]), ("enable-",), frozenset(["enable-x"]), frozenset(["many"]))


@pytest.mark.parametrize(
    ("words", "positionals", "options"),
    [
        (["m", "--port", "1", "--port=2"], ("m",), {"port": (("1",), ("2",))}),
        (["--flag", "m"], ("m",), {"flag": ((),)}),
        (["--enable-y", "m", "--enable-x", "v"], ("m",), {"enable-y": ((),), "enable-x": (("v",),)}),
        (["--many", "a", "b", "--port", "1"], (), {"many": (("a", "b"),), "port": (("1",),)}),
        (["--served_model_name", "m"], (), {"served-model-name": (("m",),)}),
        (["--seed", "-1"], (), {"seed": (("-1",),)}),
        (["--", "--port", "1"], ("--port", "1"), {}),
        (["-O3", "m"], ("m",), {"O3": ((),)}),
        (["--last"], (), {"last": ((),)}),
    ],
)
def test_words(words: list[str], positionals: tuple[str, ...], options: dict[str, object]) -> None:
    assert parse(words, GRAMMAR) == Arguments(positionals, options)  # type: ignore[arg-type]


def test_values_are_looked_up() -> None:
    found = parse(["--port", "1", "--port", "2", "--model", "$(M)", "--a", "--b=false", "--c", "--no-c"], GO)
    assert (found.last("absent", "port"), found.all("port")) == ("2", ["1", "2"])
    assert found.hidden("port", "model") == "--model = $(M)"
    assert [found.has(name) for name in "abcd"] == [True, False, False, False]


@given(st.lists(st.text(alphabet="-ab=1 ", max_size=6), max_size=8))
def test_every_word_goes_somewhere(words: list[str]) -> None:
    found = parse(words, VLLM.grammar)
    held = len(found.positionals) + sum(1 + len(values) for each in found.options.values() for values in each)
    assert held >= len([word for word in words if word and word != "--"])


@pytest.mark.parametrize(
    ("values", "names"),
    [
        (["a=/x", "b=/y", "a=/z"], ["a", "b"]),
        (['{"name": "a", "path": "/x"}', '[{"lora_name": "b"}, 1]'], ["a", "b"]),
        (["/bare", "$(N)=/x", "{broken"], ["/bare"]),
    ],
)
def test_adapters(values: list[str], names: list[str]) -> None:
    assert lora_names(values) == names
