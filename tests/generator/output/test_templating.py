"""Values in templates read back as they are, by parsers of YAML 1.1 and 1.2."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from llmd_routes.output.templating import environment

WORDS = ["y", "No", "ON", "true", "Null", "~", "1:30", "0x1f", "0o17", "1_000", "1e3", ".inf", "=", "<<", "---", "30s"]


def parsers() -> list[YAML]:
    made = [YAML(typ="safe", pure=True) for _ in range(2)]
    made[0].version = (1, 1)
    return made


def filled(template: str, value: str) -> list[Any]:
    text = environment().from_string(template).render(value=value)
    return [parser.load(text) for parser in parsers()]


@given(st.text(max_size=20) | st.text("yno1e.:/-_ #@", max_size=6) | st.sampled_from(WORDS))
def test_any_text_reads_back_as_text(value: str) -> None:
    for read in filled("{{ value | scalar }}: {{ value | scalar }}\nlist: [{{ value | scalar }}]\n", value):
        assert (read[value], read["list"]) == (value, [value]) or value == "list"


@pytest.mark.parametrize(
    "value", ["gaie-vllm", "Qwen/Qwen2.5-0.5B", "llm-d.ai/engine-type", "/v1", "30s", "image:v1", "a@sha256:b"]
)
def test_names_need_no_quotes(value: str) -> None:
    assert environment().from_string("{{ value | scalar }}").render(value=value) == value


@pytest.mark.parametrize("value", ["", "1", "1.5", "yes", "N", "null", "-a", "a: b", "a #b", "*", "a:", "2026-11-27"])
def test_what_a_parser_reads_otherwise_has_quotes(value: str) -> None:
    assert environment().from_string("{{ value | scalar }}").render(value=value) == f'"{value}"'


@given(st.text(max_size=20) | st.text("ab \n\t:#", max_size=12))
def test_any_block_reads_back_as_text(value: str) -> None:
    for read in filled("a:\n  b: {{ value | block(4) }}\n  c: 1\n", value):
        assert read == {"a": {"b": value, "c": 1}}


def test_a_text_of_lines_is_a_block() -> None:
    text = environment().from_string("b: {{ value | block(2) }}").render(value="x:\n\n  - 1\n")
    assert text == "b: |\n  x:\n\n    - 1"
