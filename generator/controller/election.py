"""Elect one of several controllers by a Lease, with the leader election of the kubernetes client. I/O.

A controller leads only while it has renewed the Lease in time by its own clock: a request that hangs, or a server that
is away, ends its leadership before another controller can begin.
"""

from __future__ import annotations

import logging
import socket
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from threading import Event, Thread
from typing import Any, Final, NamedTuple
from uuid import uuid4

from kubernetes.client import ApiClient, ApiException, CoordinationV1Api
from kubernetes.leaderelection.electionconfig import Config
from kubernetes.leaderelection.leaderelection import LeaderElection
from kubernetes.leaderelection.resourcelock.leaselock import LeaseLock
from urllib3.exceptions import HTTPError

from llmd_routes.errors import ClusterError
from llmd_routes.reading.connection import Request, Server

from .applying import Writer

# Seconds: how long a Lease is valid without a renewal, how long its holder tries to renew it, and between two attempts.
DURATION: Final = 6
_DEADLINE: Final = 4
_RETRY: Final = 1
_REQUEST: Final = 2.0
# A leader stops this long before its Lease ends, so that a request that it has begun is answered by then.
_MARGIN: Final = 1.5


def always() -> bool:
    """Return that a controller without a Lease leads."""
    return True


class Fenced:
    """Writes to a server only while this process leads."""

    def __init__(self, server: Writer, leads: Callable[[], bool]) -> None:
        """Store the server, and what returns whether this process leads."""
        self._server = server
        self._leads = leads

    def change(self, request: Request) -> tuple[int, Mapping[str, Any]]:
        """Send a request; return status and JSON. Raises ClusterError if this process does not lead."""
        if not self._leads():
            raise ClusterError("the Lease was not renewed in time; another controller may lead, so nothing is written")
        return self._server.change(request)


class Lock:
    """A Lease that notes when it was renewed. A server that is away refuses it; the client would raise an error."""

    def __init__(self, lease: Any) -> None:
        """Store the lock of the client."""
        self.name: str = lease.name
        self.namespace: str = lease.namespace
        self.identity: str = lease.identity
        # Seconds (monotonic): when the last successful renewal began.
        self.renewed = float("-inf")
        self._lease = lease
        self._is_released = False

    def get(self, name: str, namespace: str) -> tuple[bool, Any]:
        """Return whether the Lease was read, and its record or the error."""
        try:
            is_read, record = self._lease.get(name, namespace)
        except (HTTPError, OSError) as error:
            return False, ApiException(status=0, reason=str(error))
        return is_read, record

    def create(self, name: str, namespace: str, election_record: Any) -> bool:
        """Create the Lease, and return whether this process holds it."""
        return self._hold(lambda: self._lease.create(name, namespace, election_record))

    def update(self, name: str, namespace: str, updated_record: Any) -> bool:
        """Renew the Lease, and return whether this process holds it."""
        return self._hold(lambda: self._lease.update(name, namespace, updated_record))

    def release(self) -> None:
        """Let another process hold the Lease at once if this one holds it; this process holds it never again."""
        self._is_released = True
        self.renewed = float("-inf")
        is_read, record = self.get(self.name, self.namespace)
        if is_read and record.holder_identity == self.identity:
            record.holder_identity = None
            with suppress(HTTPError, OSError):
                self._lease.update(self.name, self.namespace, record)

    def _hold(self, attempt: Callable[[], bool]) -> bool:
        if self._is_released:
            return False
        begun = time.monotonic()
        try:
            is_held = attempt()
        except (HTTPError, OSError):
            return False
        self.renewed = begun if is_held else self.renewed
        return is_held


class Election(NamedTuple):
    """Part in an election: `leads` returns whether this process leads now, `release` ends that."""

    leads: Callable[[], bool]
    release: Callable[[], None]


def start_election(server: Server, lease: str, changed: Callable[[], None]) -> Election:
    """Take part in the election by a Lease in the namespace of the connection.

    `changed` is called after each change of that. The Lease is created if it does not exist. Errors of the server end
    the leadership; the attempts continue.
    """
    logging.getLogger("leaderelection").disabled = True
    leading = Event()
    lock = _lock_of(server, lease)

    def report(is_leading: bool) -> None:
        (leading.set if is_leading else leading.clear)()
        changed()

    def take_part() -> None:
        config = Config(lock, DURATION, _DEADLINE, _RETRY, lambda: report(True), lambda: report(False))
        while True:
            LeaderElection(config).run()

    Thread(target=take_part, daemon=True).start()
    return Election(
        lambda: leading.is_set() and time.monotonic() < lock.renewed + DURATION - _MARGIN,
        lock.release,
    )


def _lock_of(server: Server, name: str) -> Lock:
    lease = LeaseLock(name, server.namespace, f"{socket.gethostname()}_{uuid4()}")
    lease.api_instance = CoordinationV1Api(_Client(server.configuration))
    return Lock(lease)


class _Client(ApiClient):
    """A client whose requests end in time: a leader that waits for an answer could not stop to lead."""

    def call_api(self, *args: Any, **more: Any) -> Any:
        return super().call_api(*args, **{**more, "_request_timeout": _REQUEST})
