"""YAML values with their lines, as kubectl reads them."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.text.yaml_values import MAX_ALIASED, load, load_all, yaml_values
from llmd_routes.values import Refused


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("a: yes\nb: 010\nc: 1:30\n", {"a": True, "b": 8, "c": "1:30"}),
        ("a: &x [1]\nb: *x\n", {"a": [1], "b": [1]}),
        ("a: &x {k: 1}\nb: {<<: *x, k: 2}\n", {"a": {"k": 1}, "b": {"k": 2}}),
        ("1: a\ntrue: b\n~: c\n", {"1": "a", "true": "b", "null": "c"}),
        ("a: !!str 1\nb: !x 2\n", {"a": "1", "b": "2"}),
        ("{uri: hf://org/model}", {"uri": "hf://org/model"}),
        ("- <<\n", ["<<"]),
    ],
)
def test_values(text: str, value: Any) -> None:
    assert load(text) == value


def test_lines_and_keys_that_stand_twice() -> None:
    first, second = yaml_values("# x\na: 1\na: 2\n---\n- b: 1\n- c: 1\n", 10)
    assert (first.line, first.value, first.duplicates) == (11, {"a": 2}, (("a", 12),))
    assert (second.line, [second.lines[id(each)] for each in second.value]) == (14, [14, 15])


@pytest.mark.parametrize(
    ("text", "line", "problem"),
    [
        ("a: [1\nb: 2\n", 2, "invalid YAML"),
        ("a: {{ .Values.x }}\n", 1, "render the template first"),
        ("a: *x\n", 1, "the alias *x references no anchor above it"),
        ("a: &x [*x]\n", 1, "is inside the node that it references"),
        ("? [a]\n: b\n", 1, "a mapping or list is used as a key"),
        ("a: {<<: 1}\n", 1, "the merge key << requires a mapping"),
        ("[" * 300 + "]" * 300, 1, "nested more than 200 levels deep"),
    ],
)
def test_refusals_name_the_line(text: str, line: int, problem: str) -> None:
    with pytest.raises(Refused) as caught:
        yaml_values(text, 1)
    assert caught.value.line == line and problem in caught.value.problem


def test_an_alias_bomb_is_refused_before_it_grows() -> None:
    levels = ["a0: &a0 [" + ", ".join("x" * 1 for _ in range(10)) + "]"]
    levels += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    with pytest.raises(Refused, match=str(MAX_ALIASED)):
        yaml_values("\n".join(levels), 1)


def test_what_is_no_single_document() -> None:
    assert load("a: 1\n---\nb: 2\n") is None and load("a: [") is None
    assert load_all("a: 1\n---\n---\nb: 2\n") == [{"a": 1}, {"b": 2}]
    assert load_all("a: [") == []
