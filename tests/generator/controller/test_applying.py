"""Writing single objects, with a server that refuses, has other field managers, or changes objects meanwhile."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.controller.applying import MANAGER, apply_object, remove_object
from llmd_routes.reading.connection import Request, Server
from tests.api_server import ApiServer

from .cluster import NS

SERVICE = {
    "apiVersion": "v1",
    "kind": "Service",
    "metadata": {"name": "s", "namespace": NS, "labels": {"llmd-routes/instance": "one"}},
    "spec": {"ports": []},
}


def test_an_object_is_applied_by_a_field_manager_of_its_own_and_without_force() -> None:
    class Recorder:
        requests: list[Request]

        def __init__(self) -> None:
            self.requests = []

        def change(self, request: Request) -> tuple[int, dict[str, Any]]:
            self.requests.append(request)
            return 201, {}

    recorder = Recorder()
    assert apply_object(recorder, SERVICE).changed
    (request,) = recorder.requests
    assert (request.method, request.path) == ("PATCH", f"/api/v1/namespaces/{NS}/services/s")
    assert (request.query["fieldManager"], request.query["force"]) == (MANAGER, "false")
    assert request.media_type == "application/apply-patch+yaml"


def test_an_applied_object_exists(api: ApiServer, server: Server) -> None:
    assert apply_object(server, SERVICE).problem is None
    assert api.object("Service", "s")["spec"] == {"ports": []}


def test_fields_of_another_manager_are_named(api: ApiServer, server: Server) -> None:
    api.conflicts["Service", "s"] = ".spec.ports"
    written = apply_object(server, SERVICE)
    assert not written.changed and written.problem is not None
    assert written.problem.object == f"Service {NS}/s"
    assert written.problem.fact == "spec.ports belongs to field manager edit"
    assert written.problem.fix.startswith("undo the change")


@pytest.mark.parametrize(
    ("status", "fix"),
    [
        (403, "grant create and patch on it"),
        (404, "install its CustomResourceDefinition"),
        (422, "correct the options"),
        (500, "it is tried again"),
    ],
)
def test_a_refusal_is_a_problem_with_a_fix(api: ApiServer, server: Server, status: int, fix: str) -> None:
    api.refused["services"] = status
    written = apply_object(server, SERVICE)
    assert written.problem is not None
    assert (written.problem.fact, written.problem.fix) == ("cannot be applied: not allowed", fix)


def test_the_object_that_was_read_is_deleted(api: ApiServer, server: Server) -> None:
    api.put(SERVICE)
    read = api.object("Service", "s")
    api.put({**SERVICE, "status": {"by": "a controller"}})
    assert remove_object(server, read).changed
    assert api.names("Service") == []
    assert remove_object(server, read).changed


@pytest.mark.parametrize("labels", [{}, {"llmd-routes/instance": "two"}])
def test_an_object_that_belongs_to_others_meanwhile_stays(
    api: ApiServer, server: Server, labels: dict[str, str]
) -> None:
    api.put(SERVICE)
    read = api.object("Service", "s")
    api.put({**SERVICE, "metadata": {"name": "s", "namespace": NS, "labels": labels}})
    written = remove_object(server, read)
    assert (written.changed, written.problem) == (False, None)
    assert api.names("Service") == ["s"]


def test_another_object_of_the_same_name_stays(api: ApiServer, server: Server) -> None:
    api.put(SERVICE)
    read = api.object("Service", "s")
    api.delete("Service", "s")
    api.put(SERVICE)
    assert not remove_object(server, read).changed
    assert api.names("Service") == ["s"]


def test_what_changes_again_and_again_is_a_problem(api: ApiServer, server: Server) -> None:
    class Busy(ApiServer):
        def named(self, kind: str, name: str) -> tuple[int, dict[str, Any]]:
            status, found = super().named(kind, name)
            found["metadata"]["resourceVersion"] = "0"
            return status, found

    api.put(SERVICE)
    read = api.object("Service", "s")
    api.__class__ = Busy
    written = remove_object(server, read)
    assert written.problem is not None and "was not deleted" in written.problem.fact
    assert api.names("Service") == ["s"]
