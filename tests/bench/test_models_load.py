"""10,000 questions for the list of 1,000 models while their pods come and go: no wrong entry, no growth of memory."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from tests.sidecar.test_models_server import serving

from .api import MERGE_PATCH, Access, Api
from .bench import Bench
from .cases import LONG
from .crowd import (
    LOADED,
    NAMESPACE,
    PODS_EACH,
    SERVICES,
    catalog,
    engines,
    models_of,
    pod_object,
    pod_status,
    service_of,
)
from .processes import resident
from .waiting import until

Obj = dict[str, Any]
QUESTIONS = 10_000 if LONG else 2_500
# How much must change meanwhile; a busy API server takes longer for it.
CHANGES = 100
# Pods of the first services stay, those of the last were never there; MB that may come and go.
STEADY, ABSENT, NOISE = 10, 5, 10.0
PODS = (SERVICES - ABSENT) * PODS_EACH
KEYS = sorted((model, f"owner-{service}") for service in range(SERVICES) for model in models_of(service))


class Crowd:
    """The pods of the crowd on a real API server, and which of them are ready."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._random = random.Random(1)
        self._path = f"/api/v1/namespaces/{NAMESPACE}/pods"
        self.ready: dict[int, bool] = {}
        self.changes = 0

    def start(self) -> None:
        self._api.request("POST", "/api/v1/namespaces", {"metadata": {"name": NAMESPACE}})
        for pod in range(PODS):
            self._create(pod)

    def change(self) -> None:
        """Let a pod become ready or not, or replace it."""
        pod = self._random.randrange(STEADY * PODS_EACH, PODS)
        if pod in self.ready and self._random.random() < 0.3:
            self._api.request("DELETE", f"{self._path}/pod-{pod}", {"gracePeriodSeconds": 0})
            del self.ready[pod]
        elif pod in self.ready:
            self._report(pod, not self.ready[pod])
        else:
            self._create(pod)
        self.changes += 1

    def available(self) -> list[bool]:
        """Return whether each service has a pod that is ready."""
        served = {service_of(pod) for pod, ready in self.ready.items() if ready}
        return [service in served for service in range(SERVICES)]

    def _create(self, pod: int) -> None:
        self._api.request("POST", self._path, pod_object(pod))
        self._report(pod, True)

    def _report(self, pod: int, ready: bool) -> None:
        self._api.request("PATCH", f"{self._path}/pod-{pod}/status", pod_status(pod, ready), MERGE_PATCH)
        self.ready[pod] = ready


@contextmanager
def churning(crowd: Crowd) -> Iterator[None]:
    """Change pods until the block ends."""
    stop = threading.Event()

    def run() -> None:
        while not stop.is_set():
            crowd.change()
            time.sleep(0.02)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def checked(raw: bytes) -> list[bool]:
    """Return what is available of each service; nothing else in the list depends on pods that come and go."""
    data = json.loads(raw)["data"]
    assert data[0] == {
        **{"id": LOADED, "object": "model", "created": 7, "owned_by": "owner-0", "root": LOADED},
        **{"max_model_len": 4096, "available": True, "routed": False},
    }
    entries = {(entry["id"], entry["owned_by"]): entry for entry in data[1:]}
    assert [(entry["id"], entry["owned_by"]) for entry in data[1:]] == KEYS
    said = []
    for service in range(SERVICES):
        available = {entries[(model, f"owner-{service}")]["available"] for model in models_of(service)}
        said.append(available == {True})
        assert len(available) == 1
        for model in models_of(service) if service < SERVICES - ABSENT else ():
            entry = entries[(model, f"owner-{service}")]
            assert (entry["root"], entry["created"], entry["max_model_len"]) == (model, 7, 4096)
    assert all(said[:STEADY]) and not any(said[SERVICES - ABSENT :])
    return said


def test_nothing_wrong_is_listed_and_memory_does_not_grow(
    bench_newest: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "catalog.json").write_text(catalog().model_dump_json(exclude_none=True))
    monkeypatch.setenv("KUBECONFIG", str(bench_newest.kubeconfig))
    access = Access(bench_newest.server, bench_newest.certificate, bench_newest.token)
    with Api(access) as api, engines(), serving(tmp_path, "--watch-pods", "--ask-every=2") as (process, port, _):
        crowd = Crowd(api)
        crowd.start()
        connection = HTTPConnection("127.0.0.1", port, timeout=30)

        def ask() -> bytes:
            connection.request("GET", "/v1/models")
            return connection.getresponse().read()

        def settled() -> bool:
            try:
                return checked(ask()) == crowd.available()
            except (AssertionError, KeyError):  # not everything was asked yet
                return False

        until(settled, "everything is known")
        seen: dict[bytes, list[bool]] = {}
        with churning(crowd):
            for number in range(20 * QUESTIONS):
                if number >= QUESTIONS and crowd.changes > CHANGES:
                    break
                raw = ask()
                if raw not in seen:
                    seen = {raw: checked(raw)}
                if number == QUESTIONS // 10:
                    before = resident(process.pid)
            after = resident(process.pid)
        until(settled, "what is listed is what there is")
        connection.close()
    print(f"{crowd.changes} changes; {before:.0f} MB at first, {after:.0f} MB in the end")
    assert crowd.changes > CHANGES
    assert after < before + NOISE
