"""How what is emitted differs from what is there: only fields that are emitted count."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmd_routes.output.difference import as_emitted, differences

ROUTE = {
    "apiVersion": "gateway.networking.k8s.io/v1",
    "kind": "HTTPRoute",
    "metadata": {"name": "r", "namespace": "ns", "labels": {"llmd-routes/instance": "one"}},
    "spec": {"hostnames": ["a"], "rules": [{"matches": [{"path": "/v1"}]}]},
}
LIVE = {
    **ROUTE,
    "metadata": {**ROUTE["metadata"], "uid": "1", "annotations": {"of": "others"}},  # type: ignore[dict-item]
    "status": {"parents": []},
}


def test_what_the_server_and_others_add_is_no_difference() -> None:
    spec = {"rules": [{"matches": [{"path": "/v1", "type": "Exact"}], "timeouts": {}}], "hostnames": ["a"], "more": 1}
    assert list(differences([ROUTE], [{**LIVE, "spec": spec}])) == []


def test_a_change_is_shown_as_kubectl_does() -> None:
    spec = {"hostnames": ["a"], "rules": [{"matches": [{"path": "/v2", "type": "Exact"}]}]}
    (text,) = differences([ROUTE], [{**LIVE, "spec": spec}])
    name = "gateway.networking.k8s.io.v1.HTTPRoute.ns.r"
    assert text.splitlines()[:3] == [
        f"diff -u -N LIVE/{name} MERGED/{name}",
        f"--- LIVE/{name}",
        f"+++ MERGED/{name}",
    ]
    assert [line for line in text.splitlines()[3:] if line[0] in "+-"] == ["-    - path: /v2", "+    - path: /v1"]


def test_what_is_new_and_what_is_left_over() -> None:
    (text,) = differences([ROUTE], [])
    assert [line for line in text.splitlines()[4:] if not line.startswith("+")] == []
    (text,) = differences([], [LIVE])
    lines = text.splitlines()
    assert [line for line in lines[4:] if not line.startswith("-")] == []
    assert "-  uid: '1'" not in lines
    assert "-status:" not in lines
    assert "-    of: others" in lines


def test_objects_that_are_written_over_and_removed_stand_in_order() -> None:
    others = [{**LIVE, "metadata": {"name": name, "namespace": "ns"}} for name in ("z", "b")]
    named = [text.splitlines()[0].rpartition(".")[2] for text in differences([ROUTE], others)]
    assert named == ["r", "b", "z"]


@pytest.mark.parametrize(
    ("live", "desired", "shown"),
    [
        ([{"a": 1, "x": 2}, {"a": 3, "x": 4}], [{"a": 1}], [{"a": 1}, {"a": 3}]),
        ([{"a": 1, "x": 2}], [{"a": 1}, {"a": 3}], [{"a": 1}]),
        ([1, 2], [], [1, 2]),
        ({"a": None}, {"a": {"b": 1}}, {"a": None}),
        ({}, {"a": 1}, {}),
        ("x", {"a": 1}, "x"),
    ],
)
def test_what_is_compared(live: Any, desired: Any, shown: Any) -> None:
    assert as_emitted(live, desired) == shown


def test_programs_differ_by_their_lines() -> None:
    def filters(program: str) -> Any:
        return {**ROUTE, "spec": {"program": program}}

    (text,) = differences([filters("a\nb\nc\n")], [filters("a\nx\nc\n")])
    assert [line for line in text.splitlines()[3:] if line[0] in "+-"] == ["-    x", "+    b"]


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(VALUES)
def test_a_value_is_as_itself(value: Any) -> None:
    assert as_emitted(value, value) == value


@given(st.dictionaries(st.sampled_from("abc"), VALUES), st.dictionaries(st.sampled_from("abc"), VALUES))
def test_nothing_is_shown_that_is_nowhere(live: Any, desired: Any) -> None:
    found = as_emitted(live, desired)
    assert set(found) == set(live) & set(desired)
    # To look again changes nothing.
    assert as_emitted(found, desired) == found
