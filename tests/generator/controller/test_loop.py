"""The controller as a whole, beside a server in memory that changes, refuses, and forgets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from llmd_routes.controller.log import Log
from llmd_routes.controller.passes import Wish
from llmd_routes.controller.start import Parts, start
from llmd_routes.problems import Problem
from tests.api_server import ApiServer, api_server
from tests.bench.waiting import until

from .cluster import INSTANCE, POOLS, SGLANG, VLLM, Fixed, connected, guide, wish

HTTP_ROUTES = "httproutes.gateway.networking.k8s.io"


@pytest.fixture
def api() -> Iterator[ApiServer]:
    with api_server() as opened:
        opened.put(*guide())
        yield opened


class Running:
    """A controller in a thread, and what it logs."""

    def __init__(self, api: ApiServer, folder: Path, options: Wish | None = None) -> None:
        self._stream = StringIO()
        self.wishes = Fixed(options or wish())
        self.loop = start(Parts(connected(api, folder), self.wishes, Log(self._stream)))

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self._stream.getvalue().splitlines()]

    def messages(self, level: str) -> list[str]:
        return [line["message"] for line in self.lines() if line["level"] == level]


@contextmanager
def running(api: ApiServer, folder: Path, options: Wish | None = None) -> Iterator[Running]:
    """Run a controller until the block ends."""
    started = Running(api, folder, options)
    thread = Thread(target=started.loop.run)
    thread.start()
    try:
        yield started
    finally:
        started.loop.stop()
        thread.join(10)
    assert not thread.is_alive()


def routed(api: ApiServer) -> list[str]:
    """Return the engines that the routes name."""
    if INSTANCE not in api.names("HTTPRoute"):
        return []
    text = json.dumps(api.object("HTTPRoute", INSTANCE))
    return [engine for engine in ("sglang", "vllm") if f'"value": "{engine}"' in text]


def test_routes_follow_the_cluster(api: ApiServer, tmp_path: Path) -> None:
    with running(api, tmp_path) as started:
        until(lambda: routed(api) == ["sglang", "vllm"], "both engines have routes")
        api.delete("Deployment", SGLANG)
        until(lambda: api.names("InferencePool") == POOLS[1:], "the pool is removed")
        assert routed(api) == ["vllm"]
        api.put(*guide())
        until(lambda: routed(api) == ["sglang", "vllm"], "both engines have routes")
        api.delete("HTTPRoute", INSTANCE)
        until(lambda: routed(api) == ["sglang", "vllm"], "the deleted route is made again")
    assert started.messages("error") == []
    assert {"applied", "removed"} <= set(started.messages("info"))


def test_a_deletion_while_no_watch_is_open_is_seen(api: ApiServer, tmp_path: Path) -> None:
    with running(api, tmp_path):
        until(lambda: routed(api) == ["sglang", "vllm"], "both engines have routes")
        api.delete("Deployment", SGLANG, silent=True)
        api.end_watches(forget=True)
        until(lambda: routed(api) == ["vllm"], "the route is removed")


def test_what_cannot_be_read_any_more_keeps_its_routes(api: ApiServer, tmp_path: Path) -> None:
    with running(api, tmp_path) as started:
        until(lambda: routed(api) == ["sglang", "vllm"], "both engines have routes")
        api.refused["deployments.apps"] = 403
        api.end_watches(forget=True)
        until(lambda: any("what was read last is used" in line for line in started.messages("error")), "that is logged")
        assert routed(api) == ["sglang", "vllm"]
        del api.refused["deployments.apps"]
        recovered = "no longer: cannot be followed"
        until(lambda: any(line.startswith(recovered) for line in started.messages("info")), "it is read again")


def test_before_everything_can_be_read_nothing_is_written(api: ApiServer, tmp_path: Path) -> None:
    api.refused["deployments.apps"] = 403
    before = api.version
    with running(api, tmp_path) as started:
        until(lambda: started.messages("error"), "that is logged")
        assert "may not be listed" in started.messages("error")[0]
        assert api.version == before
        api.refused.clear()
        until(lambda: routed(api) == ["sglang", "vllm"], "both engines have routes")


def test_kinds_that_are_defined_later_are_used(api: ApiServer, tmp_path: Path) -> None:
    api.missing.add("inferencepools.inference.networking.k8s.io")
    api.missing.add("inferencepools.inference.networking.x-k8s.io")
    with running(api, tmp_path) as started:
        until(lambda: started.messages("error"), "that is logged")
        api.missing.clear()
        metadata = {"name": "inferencepools.inference.networking.k8s.io"}
        api.put({"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": metadata})
        until(lambda: routed(api) == ["sglang", "vllm"], "both engines have routes")


def test_a_change_of_another_field_manager_is_logged_once_and_when_it_is_gone(api: ApiServer, tmp_path: Path) -> None:
    with running(api, tmp_path) as started:
        until(lambda: routed(api) == ["sglang", "vllm"], "both engines have routes")
        api.conflicts["HTTPRoute", INSTANCE] = ".spec.rules"
        api.delete("Deployment", SGLANG)
        until(lambda: started.messages("error"), "that is logged")
        assert started.messages("error") == ["spec.rules belongs to field manager edit"]
        assert api.names("InferencePool") == POOLS, "what a route names is not removed"
        api.conflicts.clear()
        until(lambda: api.names("InferencePool") == POOLS[1:], "the pool is removed")
    assert "no longer: spec.rules belongs to field manager edit" in started.messages("info")
    assert len(started.messages("error")) == 1


def test_a_dry_run_logs_the_differences_once(api: ApiServer, tmp_path: Path) -> None:
    before = api.version
    with running(api, tmp_path, wish(is_dry=True)) as started:
        until(lambda: started.messages("info"), "that is logged")
        shown, requests = started.messages("info"), len(api.requests)
        (sglang,) = [obj for obj in guide() if obj["metadata"]["name"] == SGLANG]
        sglang["metadata"]["annotations"] = {"reviewed": "yes"}
        api.put(sglang)
        until(lambda: len(api.requests) > requests, "it compares again")
    assert started.messages("info") == shown
    assert api.version == before + 1, "nothing else was written"
    diffs = [line["diff"] for line in started.lines() if "diff" in line]
    assert len(diffs) == len(shown) and all(text.startswith("diff -u -N LIVE/") for text in diffs)


def test_without_model_services_it_waits_for_them(api: ApiServer, tmp_path: Path) -> None:
    api.delete("Deployment", SGLANG)
    api.delete("Deployment", VLLM)
    with running(api, tmp_path) as started:
        until(lambda: started.messages("error"), "that is logged")
        assert started.messages("error")[0].startswith("no ModelService in namespace")
        api.put(*guide())
        until(lambda: routed(api) == ["sglang", "vllm"], "both engines have routes")


def test_changed_options_take_effect_at_once(api: ApiServer, tmp_path: Path) -> None:
    with running(api, tmp_path, wish(is_dry=True)) as started:
        until(lambda: started.messages("info"), "the differences are logged")
        assert api.names("HTTPRoute") == []
        problem = Problem("settings", "the changed settings are invalid", "correct them")
        started.wishes.current = wish(problems=(problem,))
        until(lambda: routed(api) == ["sglang", "vllm"], "both engines have routes")
        until(lambda: "the changed settings are invalid" in started.messages("error"), "the problem is logged")
