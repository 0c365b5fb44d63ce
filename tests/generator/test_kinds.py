"""Kinds of all rooms together: identity of objects, and their order."""

from __future__ import annotations

from llmd_routes.gateways import IMPLEMENTATIONS
from llmd_routes.kinds import EMITTED, KINDS, identity, in_order, kind_read, kinds_written, without_managed_fields
from llmd_routes.sources import SOURCES
from tests.generator.objects import deployment, gateway


def test_every_room_adds_its_kinds_and_none_stands_twice() -> None:
    for one in IMPLEMENTATIONS:
        assert set(one.reads) <= set(KINDS) and set(one.prints) <= set(EMITTED)
    for source in SOURCES:
        assert set(source.READS) <= set(KINDS)
    assert len({(each.group, each.kind) for each in KINDS}) == len(KINDS)


def test_every_version_of_a_group_shows_the_same_object() -> None:
    older = gateway() | {"apiVersion": "gateway.networking.k8s.io/v1beta1"}
    assert identity(older) == identity(gateway()) == ("gateway.networking.k8s.io", "Gateway", "ns", "gw")
    assert kind_read(older) is not None and kind_read({"apiVersion": "v1", "kind": "Unknown"}) is None


def test_objects_of_the_cluster_have_no_namespace() -> None:
    namespaced = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "a", "namespace": "b"}}
    assert identity(namespaced)[2] == ""


def test_objects_without_a_name_are_in_order_of_their_content() -> None:
    one, other = ({**deployment("", {}), "metadata": {"generateName": "a-", "x": x}} for x in "ab")
    assert in_order([other, one]) == in_order([one, other]) == (one, other)


def test_managed_fields_go_and_the_object_stays_as_it_was() -> None:
    obj = {"metadata": {"name": "a", "managedFields": [{}]}}
    assert without_managed_fields(obj) == {"metadata": {"name": "a"}}
    assert "managedFields" in obj["metadata"]
    assert without_managed_fields({"metadata": None}) == {"metadata": None}


def test_written_kinds_are_those_of_the_objects_and_of_the_implementations() -> None:
    service = {"apiVersion": "v1", "kind": "Service"}
    assert [kind.kind for kind in kinds_written(("istio",), [service])] == [
        "Service",
        "InferencePool",
        "HTTPRoute",
        "DestinationRule",
        "EnvoyFilter",
    ]
    assert [kind.kind for kind in kinds_written((), [])] == ["InferencePool", "HTTPRoute"]
