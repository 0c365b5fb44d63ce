"""Label selectors mean what they mean to kubectl."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmd_routes.errors import InputError
from llmd_routes.kube.label_selectors import Requirement, parse_selector

LABELS = {"team": "a", "llm-d.ai/role": "decode", "empty": ""}


@pytest.mark.parametrize(
    "text",
    [
        "team=a",
        "team==a",
        "team = a",
        "team!=b",
        "other!=b",
        "team",
        "!other",
        "! other",
        "empty=",
        "team in (a, b)",
        "team in(a)",
        "team notin (b,c)",
        "other notin (b)",
        "llm-d.ai/role=decode,team in (x,a),!other",
        "empty in (,x)",
    ],
)
def test_selectors_that_match(text: str) -> None:
    assert all(requirement.matches(LABELS) for requirement in parse_selector(text))


@pytest.mark.parametrize(
    "text", ["team=b", "other=a", "team!=a", "other", "!team", "team in (b)", "team notin (a)", "other in (a)", "team="]
)
def test_selectors_that_do_not_match(text: str) -> None:
    assert not all(requirement.matches(LABELS) for requirement in parse_selector(text))


@pytest.mark.parametrize(
    "text", ["", ",", "a=b,", "=a", "a=b c", "a in b", "a in ()b", "-a", "a=-b", "a/b/c", "a>1", "a in (b"]
)
def test_other_text_is_rejected(text: str) -> None:
    with pytest.raises(InputError, match="invalid label selector; use KEY=VALUE"):
        parse_selector(text)


KEYS = st.sampled_from(["a", "b", "x.io/c"])
VALUES = st.sampled_from(["", "1", "v-2"])


@given(st.dictionaries(KEYS, VALUES), KEYS, st.frozensets(VALUES, min_size=1))
def test_a_negated_requirement_is_the_opposite(labels: dict[str, str], key: str, values: frozenset[str]) -> None:
    shown = ", ".join(sorted(values))
    (positive,), (negative,) = parse_selector(f"{key} in ({shown})"), parse_selector(f"{key} notin ({shown})")
    assert (positive, negative) == (Requirement(key, values), Requirement(key, values, negated=True))
    assert positive.matches(labels) is not negative.matches(labels)
