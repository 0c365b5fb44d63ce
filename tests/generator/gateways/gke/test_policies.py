"""Which existing policies are read, and what they apply to."""

from __future__ import annotations

from llmd_routes.gateways.gke.policies import foreign_policies, read_policies
from llmd_routes.kube.index import Objects
from llmd_routes.kube.namespaces import Namespaces
from llmd_routes.kube.objects import Ref
from tests.generator.planning.collected import draft

from .planned import TO_POOL, policy

KINDS = ("GCPRoutingExtension", "HealthCheckPolicy", "GCPBackendPolicy")


def test_policies_are_read_by_group_and_kind() -> None:
    other = {**policy("HealthCheckPolicy", TO_POOL), "apiVersion": "example.com/v1"}
    objects = Objects((*(policy(kind, TO_POOL) for kind in KINDS), other), Namespaces("ns", (), assume=False))
    read = list(read_policies(objects))
    assert [one.ref.kind for one in read] == list(KINDS)
    assert {one.targets for one in read} == {("InferencePool/oak",)}


def test_a_policy_applies_within_its_namespace_and_to_its_kind() -> None:
    objects = Objects((policy("HealthCheckPolicy", TO_POOL),), Namespaces("ns", (), assume=False))
    planned = draft(policies=list(read_policies(objects)))
    target = Ref("ns", "InferencePool", "oak")
    assert len(list(foreign_policies(planned, "HealthCheckPolicy", target))) == 1
    for kind, other in (
        ("GCPBackendPolicy", target),
        ("HealthCheckPolicy", Ref("far", "InferencePool", "oak")),
        ("HealthCheckPolicy", Ref("ns", "Service", "oak")),
    ):
        assert not list(foreign_policies(planned, kind, other))
