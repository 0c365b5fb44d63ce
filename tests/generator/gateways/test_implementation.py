"""How implementations are recognised, and what those do that route by headers alone."""

from __future__ import annotations

import pytest

from llmd_routes.gateways import IMPLEMENTATIONS, by_class, by_name
from llmd_routes.gateways.implementation import Draft, Implementation
from llmd_routes.kube.index import Objects
from llmd_routes.kube.namespaces import Namespaces
from llmd_routes.kube.objects import Ref
from llmd_routes.model.bodies import Bodies
from llmd_routes.model.plan import Attachment, RouteSet
from llmd_routes_sidecar.extraction import Settings


@pytest.mark.parametrize("one", IMPLEMENTATIONS, ids=lambda one: one.name)
def test_each_is_found_by_what_it_says_of_itself(one: Implementation) -> None:
    assert by_name(one.name) is one
    assert all(by_class("anything", controller) is one for controller in one.controllers)
    assert all(by_class(pattern.replace("*", "x"), None) is one for pattern in one.classes)


@pytest.mark.parametrize(
    ("name", "class_name"),
    [
        ("istio", "istio"),
        ("agentgateway", "agentgateway"),
        ("envoy-gateway", "eg"),
        ("gke", "gke-l7-regional-external-managed"),
        ("kgateway", "kgateway"),
        ("istio-agentgateway", "istio-agentgateway"),
        ("nginx", "nginx"),
        ("cilium", "cilium"),
        ("kthena", "kthena-router"),
    ],
)
def test_classes_by_the_names_that_installers_give(name: str, class_name: str) -> None:
    found = by_class(class_name, None)
    assert found is not None and found.name == name


def test_the_controller_decides_whatever_the_class_is_called() -> None:
    assert by_class("istio", "example.com/other") is None
    assert by_class("nothing-known", None) is None
    with pytest.raises(KeyError):
        by_name("nothing-known")


def test_names_are_distinct_and_no_controller_is_claimed_twice() -> None:
    for listed in ([one.name for one in IMPLEMENTATIONS], [c for one in IMPLEMENTATIONS for c in one.controllers]):
        assert len(set(listed)) == len(listed)


def test_the_defaults_add_nothing_and_read_nothing() -> None:
    plain = Implementation("plain", (), ())
    attachment = Attachment(Ref("ns", "Gateway", "gw"), "plain")
    draft = Draft(RouteSet("ns.gw", (attachment,)))
    assert plain.release(attachment.ref, []) is None
    assert list(plain.policies(Objects((), Namespaces(None, (), assume=False)))) == []
    assert [*plain.limits(attachment, draft), *plain.additions(draft), *plain.in_the_way(attachment, draft)] == []
    assert list(plain.bodies(attachment, draft, Bodies(Settings()))) == []
