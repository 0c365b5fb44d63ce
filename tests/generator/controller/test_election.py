"""One of several controllers leads, by a Lease on a server in memory that can be away."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from urllib3.exceptions import HTTPError

from llmd_routes.controller import election
from llmd_routes.controller.election import Fenced, Lock, start_election
from llmd_routes.errors import ClusterError
from llmd_routes.reading.connection import Request
from tests.api_server import ApiServer
from tests.bench.waiting import until

from .cluster import NS, connected

LEASE = "llmd-routes"


@pytest.fixture
def candidate(api: ApiServer, tmp_path: Path) -> Callable[[], Callable[[], bool]]:
    """Start one more candidate, and return what returns whether it leads."""
    return lambda: start_election(connected(api, tmp_path), LEASE, lambda: None).leads


def test_the_first_candidate_leads_and_its_lease_is_in_its_namespace(
    api: ApiServer, candidate: Callable[[], Callable[[], bool]]
) -> None:
    leads = candidate()
    until(leads, "it leads")
    assert api.object("Lease", LEASE)["metadata"]["namespace"] == NS
    assert api.object("Lease", LEASE)["spec"]["leaseDurationSeconds"] == election.DURATION


def test_a_candidate_leads_after_the_lease_of_another_ended(
    api: ApiServer, candidate: Callable[[], Callable[[], bool]]
) -> None:
    now = "2026-01-01T00:00:00.000000Z"
    spec = {"holderIdentity": "other", "leaseDurationSeconds": 6, "acquireTime": now, "renewTime": now}
    lease = {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "spec": spec}
    api.put({**lease, "metadata": {"name": LEASE, "namespace": NS}})
    begun, leads = time.monotonic(), candidate()
    assert not leads()
    until(leads, "it leads")
    assert time.monotonic() - begun >= election.DURATION - 1, "it has waited for the other one"


def test_a_leader_that_cannot_renew_stops_before_its_lease_ends(
    api: ApiServer, candidate: Callable[[], Callable[[], bool]]
) -> None:
    leads = candidate()
    until(leads, "it leads")
    api.refused["leases.coordination.k8s.io"] = 500
    begun = time.monotonic()
    until(lambda: not leads(), "it stops")
    assert time.monotonic() - begun < election.DURATION
    api.refused.clear()
    until(leads, "it leads again")


def test_a_leader_that_ends_lets_another_lead_at_once(api: ApiServer, tmp_path: Path) -> None:
    first, second = (start_election(connected(api, tmp_path), LEASE, lambda: None) for _ in range(2))
    until(lambda: first.leads() or second.leads(), "one of them leads")
    leader, other = (first, second) if first.leads() else (second, first)
    other.release()
    until(leader.leads, "the other one did not lead, so nothing changes")
    third = start_election(connected(api, tmp_path), LEASE, lambda: None)
    begun = time.monotonic()
    leader.release()
    assert not leader.leads()
    until(third.leads, "the next one leads")
    assert time.monotonic() - begun < election.DURATION - 1, "it has not waited until the Lease ends"
    assert not leader.leads() and not other.leads()


class Failing:
    """A lock whose server is away, or that refuses."""

    name, namespace, identity = LEASE, NS, "me"

    def __init__(self, error: Exception | None) -> None:
        self.error = error

    def _answer(self, *_: Any) -> bool:
        if self.error is not None:
            raise self.error
        return False

    get = create = update = _answer


@pytest.mark.parametrize("error", [HTTPError("away"), ConnectionResetError(), None])
def test_a_server_that_is_away_refuses_the_lease(error: Exception | None) -> None:
    lock = Lock(Failing(error))
    assert lock.create(LEASE, NS, {}) is lock.update(LEASE, NS, {}) is False
    assert lock.renewed == float("-inf")
    if error is not None:
        is_read, answer = lock.get(LEASE, NS)
        assert (is_read, answer.status) == (False, 0)
        lock.release()


def test_who_does_not_lead_writes_nothing() -> None:
    class Recorder:
        count = 0

        def change(self, request: Request) -> tuple[int, dict[str, Any]]:
            self.count += 1
            return 200, {}

    recorder = Recorder()
    assert Fenced(recorder, lambda: True).change(Request("/")) == (200, {})
    with pytest.raises(ClusterError, match="the Lease was not renewed in time"):
        Fenced(recorder, lambda: False).change(Request("/"))
    assert recorder.count == 1
