"""Only the API server's own message about a pod that it cannot reach means that a port does not serve."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.errors import ClusterError
from llmd_routes.kube.objects import Ref
from llmd_routes.model.probes import PodPort
from llmd_routes.notices import Notice
from llmd_routes.reading.ask_pods import ask_pods

from .test_ask_engines import Engines

POOL = Ref("ns", "InferencePool", "p")


def asked(answer: Any, scheme: str = "http") -> tuple[list[str], list[Notice], list[str]]:
    engines = Engines(a=answer)
    silences, notices = ask_pods(engines, [PodPort(POOL, Ref("ns", "Pod", "a"), 8000, scheme)])
    return [silence.reason for silence in silences], notices, engines.asked


def status(code: int, message: str) -> tuple[int, bytes]:
    return code, f'{{"kind": "Status", "apiVersion": "v1", "message": "{message}"}}'.encode()


@pytest.mark.parametrize(
    "answer",
    [
        (200, b"{}"),
        (401, b"no key"),
        (503, b"loading"),
        (404, b'{"object": "error"}'),
        (500, b"[1]"),
        (200, b"["),
        status(404, "not this one"),
    ],
)
def test_any_answer_of_the_pod_serves(answer: tuple[int, bytes]) -> None:
    assert asked(answer)[:2] == ([], [])


def test_a_refused_connection_does_not() -> None:
    answer = status(503, "error trying to reach service: dial tcp 10.0.0.5:8000: connect: connection refused")
    assert asked(answer)[:2] == (["dial tcp 10.0.0.5:8000: connect: connection refused"], [])


@pytest.mark.parametrize("answer", [status(403, "pods is forbidden"), ClusterError("no answer within 30 s")])
def test_what_is_not_known_is_a_notice(answer: Any) -> None:
    silences, (notice,), _ = asked(answer)
    assert silences == []
    assert (notice.code, notice.object) == ("not-answered", "Pod ns/a")


def test_the_scheme_is_that_of_the_engine() -> None:
    assert asked((200, b""), "https")[2] == ["/api/v1/namespaces/ns/pods/https:a:8000/proxy/v1/models"]
