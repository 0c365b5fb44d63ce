"""Which lists are followed: one for each kind and namespace that may be listed."""

from __future__ import annotations

import pytest

from llmd_routes.errors import ClusterError
from llmd_routes.reading.feeds import find_feeds
from llmd_routes.reading.permissions import Wanted
from tests.generator.reading.test_cluster import GATEWAYS, Fake, named

ROUTES = f"{GATEWAYS}/httproutes"


def test_a_kind_is_followed_in_the_wanted_namespaces_or_everywhere() -> None:
    fake = Fake({ROUTES: named("r")})
    feeds = {str(feed) for feed in find_feeds(fake, Wanted(("a", "b"))).feeds}
    assert {"pods in a", "pods in b", "httproutes.gateway.networking.k8s.io"} <= feeds
    assert not {"pods", "httproutes.gateway.networking.k8s.io in a"} & feeds
    assert "pods" in {str(feed) for feed in find_feeds(fake, Wanted()).feeds}


def test_what_may_be_listed_in_namespaces_only_is_followed_there_with_a_notice() -> None:
    lists = {f"{GATEWAYS}/namespaces/{namespace}/httproutes": named("r") for namespace in ("a", "gateways")}
    found = find_feeds(Fake({ROUTES: [], **lists}, forbidden=(ROUTES,)), Wanted(("a",), ("gateways",)))
    routes = [str(feed) for feed in found.feeds if feed.served.kind.kind == "HTTPRoute"]
    assert routes == [f"httproutes.gateway.networking.k8s.io in {namespace}" for namespace in ("a", "gateways")]
    assert found.notices[0].remedy == "grant list and watch on it in all namespaces"


def test_every_required_kind_that_may_not_be_listed_is_a_problem() -> None:
    forbidden = ("/api/v1/namespaces/a/pods", "/apis/apps/v1/namespaces/a/deployments")
    with pytest.raises(ClusterError) as raised:
        find_feeds(Fake({}, forbidden=forbidden), Wanted(("a",)))
    assert [line.partition(":")[0] for line in raised.value.lines] == ["pods", "deployments.apps"]
    found = find_feeds(Fake({}, forbidden=forbidden[:1]), Wanted(("a",), allow_missing=("Pod",)))
    assert "pods in a" not in map(str, found.feeds)


def test_a_server_that_does_not_answer_a_list_is_an_error() -> None:
    from llmd_routes.reading.connection import Answer

    fake = Fake({}, answers={"/api/v1/namespaces/a/pods": [Answer(410, {})]})
    with pytest.raises(ClusterError, match="answers 410"):
        find_feeds(fake, Wanted(("a",)))
