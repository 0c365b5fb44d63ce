"""Following a list over real sockets, with a server that ends watches, forgets versions and loses events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from llmd_routes.kinds import KINDS
from llmd_routes.kube.objects import Object, name_of
from llmd_routes.reading.cluster import ServedKind
from llmd_routes.reading.connection import Server, connect
from llmd_routes.reading.feeds import Feed
from llmd_routes.reading.informers import start_informer
from tests.api_server import ApiServer, api_server
from tests.bench.waiting import until
from tests.generator.reading.test_connection import kubeconfig

DEPLOYMENTS = Feed(ServedKind(next(kind for kind in KINDS if kind.kind == "Deployment"), "v1"), "/namespaces/llm")


def deployment(name: str, **labels: str) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "llm", "labels": labels}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": {}}


@dataclass
class Received:
    """What a sink has received."""

    objects: dict[str, Object] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)

    def put(self, feed: Feed, obj: Object) -> None:
        self.objects[name_of(obj)] = obj
        self.calls.append(f"put {name_of(obj)}")

    def drop(self, feed: Feed, obj: Object) -> None:
        self.objects.pop(name_of(obj), None)
        self.calls.append(f"drop {name_of(obj)}")

    def read(self, feed: Feed) -> None:
        self.calls.append("read")

    def fail(self, feed: Feed, reason: str) -> None:
        self.calls.append(f"fail {reason}")

    def known(self, feed: Feed) -> list[Object]:
        return list(self.objects.values())

    def reasons(self) -> list[str]:
        return [call for call in self.calls if call.startswith("fail")]


@pytest.fixture
def api() -> Iterator[ApiServer]:
    with api_server() as opened:
        opened.put(deployment("a"), deployment("b"))
        yield opened


@pytest.fixture
def server(api: ApiServer, tmp_path: Path) -> Server:
    return connect(None, 5.0, str(kubeconfig(tmp_path / "config", api.url)))


@pytest.fixture
def received(server: Server) -> Iterator[Received]:
    received = Received()
    stop = start_informer(server, DEPLOYMENTS, received)
    until(lambda: "read" in received.calls, "the list is read")
    yield received
    stop()


def test_all_objects_of_the_list_come_before_it_counts_as_read(received: Received) -> None:
    assert received.calls[:3] == ["put a", "put b", "read"]
    assert received.objects["a"]["kind"] == "Deployment"
    assert "managedFields" not in received.objects["a"]["metadata"]


def test_changes_and_deletions_are_received(api: ApiServer, received: Received) -> None:
    api.put(deployment("a", x="1"), deployment("c"))
    until(lambda: "c" in received.objects, "the new object is received")
    assert received.objects["a"]["metadata"]["labels"] == {"x": "1"}
    api.delete("Deployment", "b")
    until(lambda: "b" not in received.objects, "the deletion is received")


def test_a_watch_that_ends_is_continued_without_a_list(api: ApiServer, received: Received) -> None:
    lists = len(api.requests)
    api.end_watches()
    api.put(deployment("c"))
    until(lambda: "c" in received.objects, "the new object is received")
    assert received.calls.count("put a") == 1
    assert len(api.requests) - lists <= 2
    assert received.reasons() == []


def test_after_a_version_that_is_too_old_the_list_is_read_again(api: ApiServer, received: Received) -> None:
    api.delete("Deployment", "b", silent=True)
    api.put(deployment("c"))
    api.end_watches(forget=True)
    until(lambda: set(received.objects) == {"a", "c"}, "the list is read again")
    assert "drop b" in received.calls
    assert received.reasons() == []


class Losing(ApiServer):
    """A server whose lists lack an object that exists."""

    def listed(self, resource: str, place: str, query: dict[str, str]) -> list[dict[str, Any]]:
        found = super().listed(resource, place, query)
        return found if "fieldSelector" in query or not self.breaks else [o for o in found if name_of(o) != "b"]


def test_an_object_that_only_the_list_lacks_is_kept(api: ApiServer, received: Received) -> None:
    api.__class__ = Losing
    api.end_watches(forget=True)
    until(lambda: received.reasons(), "the list fails")
    assert "the list lacks b, which exists" in received.reasons()[0]
    assert set(received.objects) == {"a", "b"}
    assert "drop b" not in received.calls


def test_a_watch_that_is_refused_is_tried_again(api: ApiServer, received: Received) -> None:
    api.refused["deployments.apps"] = 403
    api.end_watches()
    until(lambda: received.reasons(), "the watch fails")
    assert received.reasons()[0].startswith("fail the server answers 403")
    assert set(received.objects) == {"a", "b"}
    del api.refused["deployments.apps"]
    api.put(deployment("c"))
    until(lambda: "c" in received.objects, "the watch continues")
    assert received.calls.count("read") > 1
