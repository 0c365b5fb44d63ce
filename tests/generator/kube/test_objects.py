"""Fields of plain objects, whatever their shape."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmd_routes.kube.objects import (
    Ref,
    controller_of,
    dig,
    integer,
    items,
    labels,
    managed_by,
    mapping,
    name_of,
    namespace_of,
    port_number,
    text,
    texts,
)

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=8,
)


@given(ANYTHING, st.lists(st.sampled_from("ab"), max_size=3))
def test_readers_never_raise_and_keep_their_type(obj: Any, path: list[str]) -> None:
    assert isinstance(mapping(obj, *path), dict)
    assert all(isinstance(item, dict) for item in items(obj, *path))
    assert text(obj, *path) is None or isinstance(text(obj, *path), str)
    assert all(isinstance(word, str) for word in texts(obj, *path))
    assert all(isinstance(value, str) for value in labels(obj, *path).values())
    assert dig(obj) is obj


@pytest.mark.parametrize(
    ("value", "number"), [(1, 1), ("8000", 8000), (True, None), ("-1", None), ("1.0", None), ("٣", None), (None, None)]
)
def test_integers(value: Any, number: int | None) -> None:
    assert integer(value) == number


@pytest.mark.parametrize(("value", "number"), [(65535, 65535), (65536, None), (0, None), ("80", 80)])
def test_ports(value: Any, number: int | None) -> None:
    assert port_number(value) == number


def test_names() -> None:
    assert name_of({"metadata": {"generateName": "a-"}}) == "a-"
    assert name_of({"metadata": {"name": "a", "generateName": "b-"}}) == "a"
    assert namespace_of({"metadata": {"namespace": ""}}) is None
    assert (str(Ref("ns", "Pod", "a")), str(Ref("", "Pod", "a"))) == ("Pod ns/a", "Pod a")


def test_who_keeps_an_object_is_its_controller_then_its_label() -> None:
    owners = [{"kind": "Deployment", "name": "d"}, {"kind": "ReplicaSet", "name": "r", "controller": True}]
    labelled = {"metadata": {"labels": {"app.kubernetes.io/managed-by": "Helm"}, "ownerReferences": owners}}
    owner = controller_of(labelled)
    assert owner is not None and owner["name"] == "r"
    assert managed_by(labelled) == "ReplicaSet"
    assert managed_by({"metadata": {"labels": labelled["metadata"]["labels"]}}) == "Helm"
