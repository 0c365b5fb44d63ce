"""How values stand in templates."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import UndefinedError

from llmd_routes.output.templating import environment
from llmd_routes.text.yaml_values import load


def filled(template: str, **values: Any) -> str:
    return environment().from_string(template).render(values)


@given(st.text(max_size=20) | st.booleans() | st.integers(-(2**63), 2**64 - 1))
def test_any_scalar_comes_back_from_yaml(value: Any) -> None:
    text = filled("a: {{ value | scalar }}\n", value=value)
    assert len(text.splitlines()) == 1
    assert load(text) == {"a": value}


@pytest.mark.parametrize("word", ["on", "1", "null", "a: b", "# x", '"', "&", "{{ x }}"])
def test_words_that_yaml_would_read_otherwise_stay_text(word: str) -> None:
    assert load(filled("a: {{ value | scalar }}\n", value=word)) == {"a": word}


def test_what_is_not_given_is_an_error_and_signs_of_variables_are_doubled() -> None:
    with pytest.raises(UndefinedError):
        filled("{{ missing }}")
    assert filled("{{ value | argument }}", value="$(A)") == "$$(A)"
