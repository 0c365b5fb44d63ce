"""DestinationRules and EnvoyFilters of others: what is read of them, and which exclude these routes."""

from __future__ import annotations

import pytest

from llmd_routes.gateways.istio.policies import other_filters
from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.objects import Ref
from llmd_routes.model.gateways import Policy
from llmd_routes.model.plan import Attachment
from tests.generator.objects import Obj

GATEWAY = Attachment(Ref("ns", "Gateway", "gw"), "istio")
OURS = Ref("ns", "EnvoyFilter", "ns.gw")
THEIRS = Ref("ns", "EnvoyFilter", "theirs")


def filter_of(spec: Obj, **labels: str) -> Obj:
    metadata = {"name": "f", "namespace": "ns", "labels": labels}
    return {"apiVersion": "networking.istio.io/v1alpha3", "kind": "EnvoyFilter", "metadata": metadata, "spec": spec}


@pytest.mark.parametrize(
    ("spec", "targets"),
    [
        ({"targetRefs": [{"kind": "Gateway", "name": "gw"}, {"kind": "Service", "name": "s"}]}, ("gw",)),
        ({"workloadSelector": {"labels": {"gateway.networking.k8s.io/gateway-name": "gw"}}}, ("gw",)),
        ({"workloadSelector": {"labels": {"app": "gw"}}}, ()),
        ({}, ()),
    ],
)
def test_a_filter_is_read_with_the_gateways_that_it_names(spec: Obj, targets: tuple[str, ...]) -> None:
    (policy,) = build_inventory([filter_of(spec)]).policies
    assert policy == Policy(Ref("ns", "EnvoyFilter", "f"), targets, None, spec)


def test_a_rule_is_read_with_its_host_and_set_of_routes() -> None:
    rule = filter_of({"host": "epp.ns"}, **{"llmd-routes/instance": "other"}) | {"kind": "DestinationRule"}
    (policy,) = build_inventory([rule]).policies
    assert policy == Policy(Ref("ns", "DestinationRule", "f"), ("epp.ns",), "other", {"host": "epp.ns"})


@pytest.mark.parametrize(
    ("there", "expected"),
    [
        (Policy(OURS, ("gw",), "ns.gw"), None),
        (Policy(THEIRS, ("gw",), None), None),
        (Policy(THEIRS, ("other",), "other"), None),
        (Policy(Ref("elsewhere", "EnvoyFilter", "x"), ("gw",), "other"), None),
        (Policy(Ref("ns", "DestinationRule", "x"), ("gw",), "other"), None),
        (
            Policy(THEIRS, ("gw",), "other"),
            "EnvoyFilter ns/theirs: already reads the requests of Gateway ns/gw, for instance other; generate the"
            " routes of both as one instance, or use one Gateway for each",
        ),
        (
            Policy(OURS, (), None),
            "EnvoyFilter ns/ns.gw: already exists and belongs to another instance; pass another --instance",
        ),
    ],
)
def test_filters_that_are_there(there: Policy, expected: str | None) -> None:
    assert list(other_filters(GATEWAY, [there], "ns.gw", OURS)) == ([expected] if expected else [])


def test_where_nothing_reads_only_readers_of_the_same_requests_are_in_the_way() -> None:
    theirs = [Policy(OURS, (), None), Policy(THEIRS, ("gw",), "other")]
    assert len(list(other_filters(GATEWAY, theirs, "ns.gw", None))) == 1
