"""`python -m tests.speed.models BOMBARDIER`: what the server for models costs with 1,000 models on 200 pods.

It runs in a network of its own, where the addresses of pods are local. Printed are the rows of `make bench`: the time
to readiness beside that of a Python with nothing in it, the latency of the list beside that of one model of it, memory,
and how long a pod that changed takes to be listed so.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from tests.bench.crowd import PODS_EACH, SERVICES, address, catalog, engines, models_of, service_of
from tests.bench.network import open_network
from tests.bench.processes import resident
from tests.bench.waiting import until
from tests.sidecar.fake_api import NAMESPACE, FakeApi, fake_api, raw_pod
from tests.sidecar.test_models_server import serving

from .measure import cost

RATE, SECONDS, CONNECTIONS = 500, 10, 16
STARTS, CHANGES = 5, 10
WATCHED = 0  # the pod that changes is the only one of its service


def main(load: str) -> None:
    """Measure everything and print it."""
    open_network()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        files = home / "catalog"
        files.mkdir()
        (files / "catalog.json").write_text(catalog().model_dump_json(exclude_none=True).replace("crowd", NAMESPACE))
        os.environ["KUBECONFIG"] = str(home / "kubeconfig")
        with cluster(home / "kubeconfig") as crowd, engines():
            start_up(files)
            with serving(files, "--watch-pods") as (process, port, _):
                until(lambda: known(port), "all pods are known")
                answers(load, port, process.pid)
                changes(crowd, port)


class Crowd:
    """The pods of the crowd on an API server that is a thread of this process; the first service has one."""

    def __init__(self, api: FakeApi, loop: asyncio.AbstractEventLoop) -> None:
        self._api = api
        self._loop = loop

    def set(self, pod: int, ready: bool) -> None:
        raw = raw_pod(f"pod-{pod}", address(pod), f"app-{service_of(pod)}", ready)
        asyncio.run_coroutine_threadsafe(self._api.set(raw), self._loop).result()


@contextmanager
def cluster(kubeconfig: Path) -> Iterator[Crowd]:
    """Serve pods until the block ends."""
    loop, ready, done = asyncio.new_event_loop(), threading.Event(), asyncio.Event()
    api = FakeApi()

    async def serve() -> None:
        async with fake_api(api, kubeconfig):
            ready.set()
            await done.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    ready.wait()
    crowd = Crowd(api, loop)
    for pod in range(SERVICES * PODS_EACH):
        if service_of(pod) != service_of(WATCHED) or pod == WATCHED:
            crowd.set(pod, True)
    yield crowd
    loop.call_soon_threadsafe(done.set)
    thread.join()
    loop.close()


def get(port: int, path: str) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def known(port: int) -> bool:
    """Return whether all engines told what they serve."""
    data = json.loads(get(port, "/v1/models")[1])["data"]
    return all(one.get("available") and "root" in one for one in data)


def start_up(files: Path) -> None:
    bare = cost([sys.executable, "-c", ""], runs=STARTS)
    seconds = []
    for _ in range(STARTS):
        begun = time.perf_counter()
        with serving(files, "--watch-pods") as (_, _, inner):
            while not is_ready(inner):
                time.sleep(0.005)
            seconds.append(time.perf_counter() - begun)
    median = statistics.median(seconds)
    row("models: from start to readiness", median, 0, f"{median / bare.seconds:.0f} x an empty Python; budget 1 s")


def is_ready(port: int) -> bool:
    try:
        return get(port, "/readyz")[0] == 200
    except OSError:
        return False


def answers(load: str, port: int, pid: int) -> None:
    bombarded(load, port, "/v1/models")  # the first one meets a server that has just started
    one = bombarded(load, port, f"/v1/models/{models_of(1)[0]}")
    every = bombarded(load, port, "/v1/models")
    for what, found in (("one of them", one), ("all of them", every)):
        beside = f"p50 {found['50'] / 1e3:.1f} ms, p99 {found['99'] / 1e3:.1f} ms at {found['rate']:.0f}/s"
        budget = f"; {found['99'] / one['99']:.1f} x that of one; budget 5 ms, 80 MB" if found is every else ""
        row(f"models: 1,000, asked for {what}", found["99"] / 1e6, resident(pid), beside + budget)


def bombarded(load: str, port: int, path: str) -> dict[str, float]:
    """Return percentiles in microseconds, and the requests of a second that were answered."""
    words = [f"-c{CONNECTIONS}", f"-d{SECONDS}s", f"-r{RATE}", "-l", "-ojson", "-pr", f"http://127.0.0.1:{port}{path}"]
    done = subprocess.run([load, "--fasthttp", *words], capture_output=True, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout)["result"]
    assert result["req2xx"] and not result["req4xx"] + result["req5xx"] + result["others"], result
    return {**result["latency"]["percentiles"], "rate": result["req2xx"] / result["timeTakenSeconds"]}


def changes(crowd: Crowd, port: int) -> None:
    """Measure how long it takes from a change of a pod until its models are listed so."""
    path, seconds = f"/v1/models/{models_of(service_of(WATCHED))[0]}", []
    for number in range(CHANGES):
        ready = number % 2 == 1
        begun = time.perf_counter()
        crowd.set(WATCHED, ready)
        while json.loads(get(port, path)[1])["available"] is not ready:
            time.sleep(0.002)
        seconds.append(time.perf_counter() - begun)
    row("models: until a changed pod is listed so", max(seconds), 0, f"the longest of {CHANGES}; budget 2 s")


def row(what: str, seconds: float, megabytes: float, beside: str) -> None:
    memory = f"{megabytes:6.0f}" if megabytes else " " * 6
    print(f"{what:<46} {seconds:8.3f} {memory}   {beside}", flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
