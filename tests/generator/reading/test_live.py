"""What a set of routes is compared with, as far as it may be listed; the server is a dict."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.errors import ClusterError
from llmd_routes.kube.objects import name_of
from llmd_routes.reading.live import read_emitted
from tests.generator.reading.test_cluster import GATEWAYS, Fake, named

ROUTES = f"{GATEWAYS}/httproutes"
IN_NS = f"{GATEWAYS}/namespaces/ns/httproutes"
MAPS = "/api/v1/configmaps"


def route(name: str) -> Any:
    return {**named(name)[0], "apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute"}


def test_objects_of_the_set_and_those_with_the_names_of_new_ones() -> None:
    fake = Fake({ROUTES: named("a", "left"), IN_NS: named("b"), MAPS: named("c")})
    live = read_emitted(fake, "one", [route("a"), route("b")])
    assert sorted(name_of(obj) for obj in live.objects) == ["a", "b", "c", "left"]
    assert live.notices == ()
    assert all("managedFields" not in obj["metadata"] for obj in live.objects)
    # Only what is not of the set is asked for by its name.
    assert fake.asked.count(IN_NS) == 1


def test_what_may_be_listed_in_its_namespaces_only_is_told() -> None:
    fake = Fake({IN_NS: named("a")}, forbidden=(ROUTES,))
    live = read_emitted(fake, "one", [route("a")])
    assert [name_of(obj) for obj in live.objects] == ["a"]
    assert [(n.code, n.object) for n in live.notices] == [("not-listed", "httproutes.gateway.networking.k8s.io")]


def test_what_may_not_be_listed_stops_only_where_it_is_compared() -> None:
    fake = Fake({ROUTES: named("a")}, forbidden=(MAPS, "/api/v1/namespaces/ns/configmaps"))
    live = read_emitted(fake, "one", [route("a")])
    assert [(n.code, n.object) for n in live.notices] == [("not-listed", "configmaps")]
    fake = Fake({}, forbidden=(ROUTES, IN_NS))
    with pytest.raises(ClusterError, match=r"httproutes.*: may not be listed: cannot list"):
        read_emitted(fake, "one", [route("a")])
