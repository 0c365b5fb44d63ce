"""Which routes an attachment meets, and what a plan holds in order."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.kube.objects import Ref
from llmd_routes.model.endpoint import SecretKey
from llmd_routes.model.gateways import Gateway, Listener, Route, Version
from llmd_routes.model.plan import Attachment, RouteSet

GATEWAY = Ref("ns", "Gateway", "gw")


@pytest.mark.parametrize(
    ("section", "parent", "takes"),
    [
        (None, {"name": "gw"}, True),
        ("web", {"name": "gw"}, True),
        ("web", {"name": "gw", "sectionName": "web"}, True),
        ("web", {"name": "gw", "sectionName": "tcp"}, False),
        (None, {"name": "gw", "sectionName": "tcp"}, True),
        (None, {"name": "other"}, False),
        (None, {"name": "gw", "namespace": "other"}, False),
        (None, {"name": "gw", "group": "", "kind": "Service"}, False),
        (None, {"name": "gw", "kind": "ListenerSet"}, False),
        (None, {"name": "gw", "kind": "Gateway", "group": "gateway.networking.k8s.io"}, True),
    ],
)
def test_routes_on_the_same_listener(section: str | None, parent: dict[str, Any], takes: bool) -> None:
    route = Route(Ref("ns", "HTTPRoute", "r"), "ns", {"parentRefs": [parent]}, None, None)
    assert Attachment(GATEWAY, "istio", section).takes(route) is takes


@pytest.mark.parametrize(
    ("parents", "takes"),
    [
        ([{"name": "gw", "sectionName": "web"}], True),
        ([{"name": "gw", "sectionName": "tcp"}], False),
        ([{"name": "gw", "port": 80}], True),
        ([{"name": "gw", "port": 443}], False),
        ([{"name": "gw", "sectionName": "tcp"}, {"name": "gw", "sectionName": "web"}], True),
    ],
)
def test_routes_on_a_listener_that_is_known(parents: list[dict[str, Any]], takes: bool) -> None:
    route = Route(Ref("ns", "HTTPRoute", "r"), "ns", {"parentRefs": parents}, None, None)
    listener = Listener("web", 80, "HTTP", None, "All")
    assert Attachment(GATEWAY, "istio", listener=listener).takes(route) is takes


def test_the_release_is_that_of_its_implementation() -> None:
    gateway = Gateway(GATEWAY, "ns", "mine", None, (), {"istio": Version(1, 28), "other": Version(2, 0)})
    assert Attachment(GATEWAY, "other", gateway=gateway).release == Version(2, 0)
    assert Attachment(GATEWAY, "unseen", gateway=gateway).release is None
    assert Attachment(GATEWAY, "istio").release is None
    assert str(Version(1, 28)) == "1.28.0"


def test_the_file_of_a_key_has_a_name_of_its_own() -> None:
    assert {SecretKey("a", "b.c").file, SecretKey("a", "b").file} == {"a.b.c", "a.b"}


def test_gateways_are_numbered_in_the_order_asked_for() -> None:
    first, second = Attachment(GATEWAY, "istio"), Attachment(Ref("ns", "Gateway", "other"), "istio")
    assert [RouteSet("i", (first, second)).number_of(one) for one in (first, second)] == [1, 2]
    with pytest.raises(ValueError, match="not in"):
        RouteSet("i", (first,)).number_of(second)
