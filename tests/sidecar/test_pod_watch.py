"""Pods are followed over a real connection: what is known is what there is, whatever the server does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from llmd_routes_sidecar import pod_watch
from llmd_routes_sidecar.pod_watch import PodWatch
from llmd_routes_sidecar.pods import WatchError

from .fake_api import NAMESPACE, FakeApi, fake_api, raw_pod
from .waiting import soon


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody waits long after a failure."""
    monkeypatch.setattr(pod_watch, "_PAUSES", (0.01, 0.05))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)


@asynccontextmanager
async def following(api: FakeApi, folder: Path) -> AsyncIterator[PodWatch]:
    async with fake_api(api, folder / "kubeconfig") as found:
        watch = PodWatch(lambda: None)
        await watch.connect()
        watch.follow([NAMESPACE])
        yield watch
        await watch.close()
        assert watch.pods == {}
        assert all("authorization: Bearer sesame" in head for head in found.heads)


def names(watch: PodWatch) -> list[str] | None:
    there = watch.pods.get(NAMESPACE)
    return None if there is None else sorted(pod.name for pod in there)


def test_pods_come_change_and_go(tmp_path: Path) -> None:
    async def run() -> None:
        api = FakeApi(page=2)
        for number in range(5):
            await api.set(raw_pod(f"p{number}", f"10.0.0.{number + 1}"))
        async with following(api, tmp_path) as watch:
            assert names(watch) is None
            await soon(lambda: names(watch) == ["p0", "p1", "p2", "p3", "p4"])
            assert [query.get("continue") for query in api.lists] == [None, "2", "4"]
            await api.set(raw_pod("new", "10.0.1.1", ready=False))
            await api.remove("p0")
            await soon(lambda: names(watch) == ["new", "p1", "p2", "p3", "p4"])
            await api.set(raw_pod("new", "10.0.1.1"))
            await soon(lambda: all(pod.ready for pod in watch.pods[NAMESPACE]))
            ending = raw_pod("p1", "10.0.0.2")
            ending["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z"
            await api.set(ending)
            await soon(lambda: names(watch) == ["new", "p2", "p3", "p4"])

    asyncio.run(run())


def test_a_watch_goes_on_where_it_was(tmp_path: Path) -> None:
    async def run() -> None:
        api = FakeApi()
        async with following(api, tmp_path) as watch:
            await soon(lambda: len(api.watches) == 1)
            await api.set(raw_pod("p", "10.0.0.1"))
            await soon(lambda: names(watch) == ["p"])
            await api.bookmark()
            await api.bookmark()
            await asyncio.sleep(0.1)
            await api.end_watches()
            await soon(lambda: len(api.watches) == 2)
            assert api.watches[1]["resourceVersion"] == str(api.version)
            assert all(query["allowWatchBookmarks"] == "true" for query in api.watches)
            assert len(api.lists) == 1

    asyncio.run(run())


@pytest.mark.parametrize("how", ["in a watch", "before a watch"])
def test_a_version_that_is_forgotten_is_listed_anew(tmp_path: Path, how: str) -> None:
    async def run() -> None:
        api = FakeApi()
        await api.set(raw_pod("old", "10.0.0.1"))
        async with following(api, tmp_path) as watch:
            await soon(lambda: len(api.watches) == 1)
            # What happened in between no watch tells.
            api.pods = {"new": raw_pod("new", "10.0.0.2")}
            if how == "in a watch":
                await api.expire()
            else:
                api.version += 5
                api.oldest = api.version
                await api.end_watches()
            await soon(lambda: names(watch) == ["new"])
            assert len(api.lists) == 2

    asyncio.run(run())


def test_what_is_known_stays_while_the_server_is_away(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines: list[str] = []

    def said() -> str:
        lines.append(capsys.readouterr().err)
        return "".join(lines)

    async def run() -> None:
        api = FakeApi()
        await api.set(raw_pod("p", "10.0.0.1"))
        async with fake_api(api, tmp_path / "kubeconfig") as found:
            watch = PodWatch(lambda: None)
            await watch.connect()
            watch.follow([NAMESPACE])
            await soon(lambda: len(api.watches) == 1)
        await soon(lambda: f"pods of {NAMESPACE}: " in said())
        assert names(watch) == ["p"]
        await api.set(raw_pod("q", "10.0.0.2"))
        async with fake_api(api, tmp_path / "kubeconfig", found.port):
            await soon(lambda: names(watch) == ["p", "q"])
            assert len(api.lists) == 1
            await watch.close()

    asyncio.run(run())


@pytest.mark.parametrize(("status", "words"), [(403, f"pods of {NAMESPACE}: 403"), (200, f"pods of {NAMESPACE}: ")])
def test_what_is_no_list_of_pods_is_told_once_and_ends_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], status: int, words: str
) -> None:
    """Who may not list, and what answers 200 with the body of an error."""

    async def run() -> None:
        api = FakeApi(status=status)
        async with following(api, tmp_path) as watch:
            await soon(lambda: len(api.lists) > 3)
            assert names(watch) is None
            api.status = None
            await soon(lambda: names(watch) == [])

    asyncio.run(run())
    told = capsys.readouterr().err
    assert words in told and told.count("what is known goes on") == 1


def test_no_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    with pytest.raises(WatchError, match="no cluster to connect to: "):
        asyncio.run(PodWatch(lambda: None).connect())
