"""Which informers run: those of what is wanted and served."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from llmd_routes.controller.following import Following
from llmd_routes.controller.store import Store, View
from llmd_routes.errors import ClusterError
from llmd_routes.kube.objects import name_of
from llmd_routes.reading.permissions import Wanted
from tests.api_server import ApiServer, api_server
from tests.bench.waiting import until

from .cluster import NS, connected, guide

LWS = "leaderworkersets.leaderworkerset.x-k8s.io"


@pytest.fixture
def api() -> Iterator[ApiServer]:
    with api_server(missing={LWS}) as opened:
        opened.put(*guide())
        yield opened


@pytest.fixture
def store() -> Store:
    return Store(lambda: None)


@pytest.fixture
def following(api: ApiServer, store: Store, tmp_path: Path) -> Iterator[Following]:
    following = Following(connected(api, tmp_path), store)
    yield following
    following.stop()


def known(store: Store) -> set[str]:
    view = store.view()
    return {name_of(obj) for obj in view.objects} if view is not None else set()


def test_all_kinds_of_the_wanted_namespaces_are_read(store: Store, following: Following) -> None:
    following.update(Wanted((NS,)), None)
    until(lambda: known(store) == {name_of(obj) for obj in guide()}, "all objects are read")
    following.update(Wanted(("empty",)), store.view())
    until(lambda: known(store) == {"inference-gateway"}, "only the Gateway is read everywhere")


def test_without_a_change_the_server_is_not_asked_again(api: ApiServer, store: Store, following: Following) -> None:
    following.update(Wanted((NS,)), None)
    until(store.view, "all objects are read")
    asked = api.requests.count("GET /apis")
    following.update(Wanted((NS,)), store.view())
    assert api.requests.count("GET /apis") == asked
    assert 0 < following.due() <= 600


def test_a_new_definition_makes_it_ask_until_the_kind_is_served(
    api: ApiServer, store: Store, following: Following
) -> None:
    following.update(Wanted((NS,)), None)
    until(store.view, "all objects are read")
    before = api.requests.count("GET /apis")
    definition: dict[str, Any] = {"kind": "CustomResourceDefinition", "metadata": {"name": LWS}}
    following.update(Wanted((NS,)), View((definition,), (), {}))
    assert api.requests.count("GET /apis") > before
    assert following.due() <= 1
    api.missing.clear()
    workload = {"apiVersion": "leaderworkerset.x-k8s.io/v1", "kind": "LeaderWorkerSet"}
    api.put({**workload, "metadata": {"name": "lws", "namespace": NS}, "spec": {}})

    def update() -> bool:
        following.update(Wanted((NS,)), View((definition,), (), {}))
        return "lws" in known(store)

    until(update, "the new kind is read")
    assert following.due() > 1


def test_a_required_kind_that_may_not_be_listed_is_an_error(api: ApiServer, following: Following) -> None:
    api.refused["deployments.apps"] = 403
    with pytest.raises(ClusterError, match=r"deployments\.apps: may not be listed: not allowed; grant list and watch"):
        following.update(Wanted((NS,)), None)


def test_an_optional_kind_that_may_not_be_listed_is_a_notice(
    api: ApiServer, store: Store, following: Following
) -> None:
    api.refused["configmaps"] = 403
    following.update(Wanted((NS,)), None)
    until(store.view, "all others are read")
    assert [(notice.code, notice.object) for notice in following.notices] == [("not-listed", "configmaps")]


def later(following: Following, view: View | None) -> None:
    """Let the feeds be determined again."""
    following._next = 0.0
    following.update(Wanted((NS,)), view)


@pytest.mark.parametrize("loss", ["refused", "missing"])
def test_a_kind_that_cannot_be_read_any_more_keeps_its_objects(
    api: ApiServer, store: Store, following: Following, loss: str
) -> None:
    config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "presets", "namespace": NS}}
    api.put(config_map)
    following.update(Wanted((NS,)), None)
    until(store.view, "all objects are read")
    before = known(store)
    assert {"presets", "inference-gateway"} <= before
    if loss == "refused":
        api.refused["configmaps"] = 403
    else:
        api.missing.add("gateways.gateway.networking.k8s.io")
    later(following, store.view())
    assert known(store) == before


def test_a_kind_whose_definition_was_deleted_is_not_followed_any_more(
    api: ApiServer, store: Store, following: Following
) -> None:
    api.missing.clear()
    definition: dict[str, Any] = {"kind": "CustomResourceDefinition", "metadata": {"name": LWS}}
    following.update(Wanted((NS,)), View((definition,), (), {}))
    until(store.view, "all objects are read")
    assert any(feed.served.kind.resource == LWS for feed in following._stops)
    api.missing.add(LWS)
    later(following, View((), (), {}))
    assert not any(feed.served.kind.resource == LWS for feed in following._stops)
