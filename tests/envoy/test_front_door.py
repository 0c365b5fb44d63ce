"""The emitted configuration of an Envoy without a Gateway, in a real Envoy."""

from __future__ import annotations

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from llmd_routes.model.bodies import Bodies
from llmd_routes.model.plan import Match, Rule, Share
from llmd_routes.output.render import render
from llmd_routes_sidecar.extraction import Settings
from llmd_routes_sidecar.served import Entry
from tests.generator.gateways.envoy.planned import ELM, ELM_POOL, OAK, OAK_POOL, planned
from tests.sidecar import answer_vectors
from tests.sidecar.catalogs import catalog_of
from tests.sidecar.vectors import SETTINGS, VECTORS, Vector, with_whole_body

from . import authz
from .client import call
from .front_door import READER, Door, door, files_of
from .process import Envoy
from .test_answers import check_answer
from .test_vectors import arrives_as_wanted
from .upstream import Upstream, read

ENGINE = Share("engine", "", 1, 80)
EVERYTHING = (Rule((Match("/"),), (ENGINE,)),)


@pytest.fixture(scope="module")
def reading(behind: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """An Envoy with the settings of the table, which passes everything on."""
    with door(tmp_path_factory.mktemp("door"), behind.port, files_of(EVERYTHING, Bodies(SETTINGS))) as running:
        yield running
        assert running.stat("http.front.lua.errors") == 0


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_the_table(reading: Door, behind: Upstream, vector: Vector) -> None:
    gateway = Envoy(reading.port, reading.places.admin_port, reading.pid)
    arrives_as_wanted(gateway, behind, vector, vector.wanted("lua"), is_marked=False)


@pytest.fixture(scope="module")
def asking(behind: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """The same Envoy, which lets a service read bodies."""
    files = files_of(EVERYTHING, Bodies(SETTINGS, processor=READER))
    with authz.service() as port, door(tmp_path_factory.mktemp("asking"), behind.port, files, port) as running:
        yield running


@pytest.mark.parametrize("vector", [*map(with_whole_body, VECTORS)], ids=lambda vector: vector.name)
def test_the_table_by_an_external_service(asking: Door, behind: Upstream, vector: Vector) -> None:
    gateway = Envoy(asking.port, asking.places.admin_port, asking.pid)
    arrives_as_wanted(gateway, behind, vector, vector.wanted("ext-authz"), is_marked=False)


def pairs() -> tuple[Rule, ...]:
    """Return the rules that lead each pair of a catalog to an engine."""
    found = [(entry.id, entry.owned_by) for entry in answer_vectors.CATALOG.entries]
    found += [(entry.id, "default") for entry in answer_vectors.CATALOG.entries if entry.is_default]
    served = Rule(tuple(Match("/v1", (model,), (owner,)) for model, owner in found), (ENGINE,))
    return Rule((Match("/v1", guard=True), Match("/v1/models"), Match("/v1"))), served


@pytest.fixture(scope="module")
def answering(behind: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    bodies = Bodies(answer_vectors.SETTINGS, catalog=answer_vectors.CATALOG)
    files = files_of(pairs(), bodies, answer_vectors.SETTINGS.hosts)
    with door(tmp_path_factory.mktemp("answering"), behind.port, files) as running:
        yield running
        assert running.stat("http.front.lua.errors") == 0


@pytest.mark.parametrize("vector", answer_vectors.VECTORS, ids=lambda vector: vector.name)
def test_the_table_of_answers(answering: Door, vector: answer_vectors.Vector) -> None:
    status, headers, raw = call(answering.port, vector.request, vector.body)
    if vector.request.host == "example.org" or vector.request.path.startswith("/v2/"):
        assert (status, json.loads(raw)["error"]["code"]) == (404, "route_not_found")
    elif vector.out is None:
        assert (status, read(raw).length) == (200, len(vector.body or b""))
    else:
        check_answer(vector, status, headers, raw)


def test_a_head_has_no_body(answering: Door) -> None:
    listed = next(vector for vector in answer_vectors.VECTORS if vector.name.startswith("the list, "))
    _, _, raw = call(answering.port, listed.request)
    status, headers, nothing = call(answering.port, replace(listed.request, method="HEAD"))
    assert (status, headers["content-length"], nothing) == (200, str(len(raw)), b"")


def chat(port: int, model: str) -> int:
    """Return the status of a chat completion on a connection of its own."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
        body = json.dumps({"model": model})
        connection.request("POST", "/v1/chat/completions", body, {"content-type": "application/json"})
        return connection.getresponse().status


def serving(*models: str, limit: int = 1000) -> Mapping[str, str]:
    """Return the files of an Envoy in front of these models."""
    catalog = catalog_of(Entry(id=model, owned_by="vllm", is_default=True) for model in models)
    matches = tuple(Match("/v1", (model,), (owner,)) for model in models for owner in ("vllm", "default"))
    return files_of((Rule(matches, (ENGINE,)),), Bodies(Settings(body_limit=limit), catalog=catalog))


def test_a_rewritten_prefix(behind: Upstream, tmp_path: Path) -> None:
    rules = (Rule((Match("/openai/v1"),), (ENGINE,), rewrite="/v1"), Rule((Match("/v1"),), (ENGINE,)))
    with door(tmp_path, behind.port, files_of(rules, None)) as running:
        for path in ("/openai/v1/chat/completions?a=1", "/v1/chat/completions?a=1"):
            said = json.loads(running.ask(running.port, path)[1])
            assert said["path"] == "/v1/chat/completions?a=1"
        assert running.ask(running.port, "/openai/v2")[0] == 404


def test_weights(behind: Upstream, tmp_path: Path) -> None:
    shares = (Share("a", "", 3, 80), Share("b", "", 1, 80), Share("c", "", 0, 80))
    with door(tmp_path, behind.port, files_of((Rule((Match("/v1"),), shares),), None)) as running:
        assert {running.ask(running.port, "/v1/x")[0] for _ in range(100)} == {200}
        a, b, c = (running.stat(f"cluster.service/ns/{name}/80.upstream_rq_total") for name in "abc")
        assert (a > b > 0, c) == (True, 0)


def test_each_of_several_pools_has_its_own_picker(tmp_path: Path) -> None:
    """Nothing listens, so every request is answered 503 after an attempt to reach a picker."""
    plan = planned(OAK, OAK_POOL, ELM, ELM_POOL, body_to_header="none", splits=("vllm=1,sglang=1",))
    (files,) = (one.obj["data"] for one in render(plan) if one.obj["kind"] == "ConfigMap")
    with door(tmp_path, 1, files) as running, closing(http.client.HTTPConnection("127.0.0.1", running.port)) as client:
        for _ in range(40):
            client.request("GET", "/v1/x", headers={"x-gateway-model-name": "m"})
            answer = client.getresponse()
            answer.read()
            assert answer.status == 503
        for name in ("oak", "elm"):
            assert running.stat(f"cluster.picker/ns/{name}-epp/9002.upstream_cx_total") > 0


def test_a_change_under_load_loses_no_request(behind: Upstream, tmp_path: Path) -> None:
    with door(tmp_path, behind.port, serving("kept", "old")) as running, ThreadPoolExecutor(4) as pool:
        is_over = threading.Event()

        def load() -> list[int]:
            # A connection stays open as long as Envoy leaves it open.
            with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=30)) as connection:
                seen = []
                while not is_over.is_set():
                    connection.request("POST", "/v1/x", '{"model": "kept"}', {"content-type": "application/json"})
                    answer = connection.getresponse()
                    answer.read()
                    seen.append(answer.status)
                return seen

        port = running.port
        assert (chat(port, "old"), chat(port, "new-3")) == (200, 404)
        loads = [pool.submit(load) for _ in range(4)]
        for number in range(1, 4):
            running.places.write(serving("kept", f"new-{number}"))
            wait_until(lambda number=number: chat(port, f"new-{number}") == 200)  # type: ignore[misc]
        is_over.set()
        statuses = [status for each in loads for status in each.result()]
        # On each connection, requests were sent before and after the changes.
        assert all(len(each.result()) > 1 for each in loads)
        assert set(statuses) == {200}
        assert chat(port, "old") == 404
        # The pod has neither restarted nor closed the connections.
        assert running.stat("http.front.downstream_cx_destroy_local") == 0


def test_a_changed_limit_is_applied(behind: Upstream, tmp_path: Path) -> None:
    with door(tmp_path, behind.port, serving("m" * 400)) as running:
        assert chat(running.port, "m" * 400) == 200
        running.places.write(serving("m" * 400, limit=100))
        wait_until(lambda: chat(running.port, "m" * 400) == 413)


def test_a_pod_ends_after_its_last_request(behind: Upstream, tmp_path: Path) -> None:
    with door(tmp_path, behind.port, serving("m")) as running, ThreadPoolExecutor(1) as pool:
        assert running.inner("/ready")[0] == running.inner("/live")[0] == 200
        assert "envoy_http_downstream_rq_total" in running.inner("/stats/prometheus")[1]
        with closing(http.client.HTTPConnection("127.0.0.1", running.port, timeout=30)) as stream:
            stream.putrequest("POST", "/v1/x")
            for name, value in {"content-type": "application/json", "content-length": "14"}.items():
                stream.putheader(name, value)
            stream.endheaders()
            stream.send(b'{"model":')
            wait_until(lambda: running.stat("http.front.downstream_rq_active") == 1)
            draining = pool.submit(running.inner, "/drain")
            wait_until(lambda: running.inner("/ready")[0] == 503)
            # Services still send some requests here.
            assert chat(running.port, "m") == 200
            time.sleep(6)
            assert not draining.done()
            stream.send(b' "m"}')
            answer = stream.getresponse()
            assert (answer.status, answer.headers["connection"]) == (200, "close")
        assert draining.result(timeout=10)[0] == 200


def wait_until(is_done: Callable[[], bool]) -> None:
    """Return once a condition is true. Raises AssertionError after half a minute."""
    end = time.monotonic() + 30
    while not is_done():
        assert time.monotonic() < end
        time.sleep(0.02)
