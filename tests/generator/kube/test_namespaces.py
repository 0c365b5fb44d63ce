"""The namespace of objects that carry none."""

from __future__ import annotations

import pytest

from llmd_routes.errors import InputError
from llmd_routes.kube.namespaces import Scope, may_be_same, read_namespaces, stamped
from tests.generator.objects import deployment, gateway, pool

BARE = deployment("a", {}, namespace=None)
CLASS = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "GatewayClass", "metadata": {"name": "istio"}}


def test_the_one_that_was_asked_for_is_written_into_objects_without_one() -> None:
    written = stamped([BARE, gateway(), CLASS], Scope(("mine",)))
    assert [each["metadata"].get("namespace") for each in written] == ["mine", "ns", None]
    assert stamped([BARE], Scope(("a", "b"))) == [BARE]
    assert "namespace" not in BARE["metadata"]


def test_it_is_assumed_where_all_others_name_one() -> None:
    found = read_namespaces([BARE, gateway()], Scope(assume=True), [])
    assert (found.assumed, found.named, found.of(BARE), found.certain(BARE)) == ("ns", ("ns",), "ns", "ns")
    assert found.of(CLASS) == ""
    assert read_namespaces([BARE, gateway()], Scope(), []).certain(BARE) is None


def test_it_is_not_guessed_where_others_name_several() -> None:
    found = read_namespaces([BARE, gateway(), pool("p", {}, namespace="other")], Scope(assume=True), [])
    assert (found.assumed, found.named, found.of(BARE)) == (None, ("ns", "other"), "")


def test_nothing_is_assumed_where_every_object_has_one() -> None:
    assert read_namespaces([gateway()], Scope(assume=True), []).assumed is None


def test_with_several_that_were_asked_for_one_without_is_an_error() -> None:
    with pytest.raises(InputError, match="Deployment a: no namespace in the manifest, and -n names 2; pass one -n"):
        read_namespaces([BARE], Scope(("a", "b")), [])


@pytest.mark.parametrize(("one", "other", "same"), [("a", "a", True), ("a", "b", False), ("", "b", True)])
def test_an_unknown_one_may_be_any(one: str, other: str, same: bool) -> None:
    assert may_be_same(one, other) is may_be_same(other, one) is same


def test_workloads_tell_where_no_gateway_pool_or_picker_does() -> None:
    here, there = deployment("b", {}, namespace="here"), deployment("c", {}, namespace="there")
    bare = pool("p", {}, namespace=None)
    assert read_namespaces([bare, here], Scope(), []).of(bare) == "here"
    assert read_namespaces([bare, here, there], Scope(), []).of(bare) == ""
    assert read_namespaces([bare, here, gateway(namespace="infra")], Scope(), []).of(bare) == "infra"
