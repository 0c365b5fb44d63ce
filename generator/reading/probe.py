"""Send probes through a Gateway. I/O only: requests in, answers out; a failure is an answer too.

Certificates of the address are checked for the host of the request, as clients do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from llmd_routes.model.probes import Answer, Entry
from llmd_routes.model.requests import ClientRequest

from .threads import run_all

if TYPE_CHECKING:
    from urllib3 import HTTPConnectionPool

# Seconds for a connection, and for the next piece of an answer: an engine may load before its first token.
_CONNECT_S: Final = 5.0
_READ_S: Final = 60.0
_AT_ONCE: Final = 4
# The begin of a body that is kept, in bytes: enough for the error of an engine.
_KEPT: Final = 4096
_OBJECT: Final = re.compile(r"^<?\w*HTTPS?Connection(Pool)?\S*( [^>:]*>)?(, port=\d+\))?: ")


def send_probes(entry: Entry, requests: Sequence[ClientRequest], headers: Sequence[tuple[str, str]]) -> list[Answer]:
    """Send requests, each once and with additional headers, and return the answers in their order."""
    from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, Timeout

    pools: dict[str, HTTPConnectionPool] = {}
    timeout = Timeout(connect=_CONNECT_S, read=_READ_S)
    for name in {request.head.host for request in requests}:
        if entry.scheme == "https":
            pools[name] = HTTPSConnectionPool(
                entry.host, entry.port, timeout, _AT_ONCE, server_hostname=name, assert_hostname=name
            )
        else:
            pools[name] = HTTPConnectionPool(entry.host, entry.port, timeout, _AT_ONCE)
    return run_all(lambda request: _sent(pools[request.head.host], request, headers), list(requests), _AT_ONCE)


def _sent(pool: HTTPConnectionPool, request: ClientRequest, headers: Sequence[tuple[str, str]]) -> Answer:
    from urllib3.exceptions import HTTPError

    head = request.head
    given = dict((*head.headers, *headers)) | {"host": head.host}
    try:
        response = pool.urlopen(
            head.method, head.path, request.body, given, retries=False, redirect=False, preload_content=False
        )
        try:
            text = response.read(_KEPT).decode(errors="replace")
        finally:
            response.close()
    except (HTTPError, OSError) as error:
        return Answer(None, failure=_reason(error))
    return Answer(response.status, response.headers.get("server", ""), text)


def _reason(error: BaseException) -> str:
    """Return the reason of a failure; the library prefixes its messages with an object, which is removed."""
    return _OBJECT.sub("", str(error)) or type(error).__name__
