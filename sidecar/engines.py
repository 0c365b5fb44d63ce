"""Ask engines what they serve. I/O; engines are not trusted, and get an API key only as the catalog says.

No redirects, no proxies of the environment, no more than 1 MiB, no more than some seconds.
"""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path
from typing import Final

import httpx2

from .catalog import Access
from .engine_models import MOST_READ, AnswerError, models_of
from .live import Silence, Told
from .pods import Target

# The timeout of a query in seconds, and the number of parallel queries.
_TIMEOUT: Final = 4.0
_AT_ONCE: Final = 16
# Statuses of engines that have no models list, or that require a key to show it.
_REFUSALS: Final = (401, 403, 404, 405, 501)
_PLAIN: Final = Access()


class Engines:
    """Queries engines; `secrets` is the directory of the files in the catalog, `timeout` in seconds."""

    def __init__(self, secrets: Path | None = None, timeout: float = _TIMEOUT) -> None:
        self._secrets = secrets
        self._timeout = timeout
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._plain = _client(False)
        self._clients: dict[tuple[str | None, bool], tuple[int, httpx2.AsyncClient]] = {}

    async def ask(self, target: Target) -> Told:
        """Return the response of an engine. Raises AnswerError with the problem."""
        if target.scheme == "https" and target.access is None:
            return Silence.REFUSED  # no certificate authorities are configured
        access = target.access or _PLAIN
        headers = {"accept": "application/json", "accept-encoding": "identity", "user-agent": "llmd-routes"}
        try:
            if access.api_key is not None and _may_tell_key(target.scheme, access):
                headers["authorization"] = f"Bearer {self._file(access.api_key).read_text(encoding='ascii').strip()}"
            client = self._client(access) if target.scheme == "https" else self._plain
            async with self._slots, asyncio.timeout(self._timeout):
                return await _get(client, target, headers, access.server_name)
        except AnswerError:
            raise
        except TimeoutError:
            raise AnswerError(f"does not answer within {self._timeout:g} s") from None
        except (OSError, ValueError) as error:
            raise AnswerError(f"cannot be asked as the catalog says: {_reason(error)}") from None
        except Exception as error:  # any exception of the client must not stop later queries
            raise AnswerError(f"cannot be asked: {_reason(error)}") from None

    def _file(self, name: str) -> Path:
        if self._secrets is None:
            raise OSError(f"{name} is to be in a folder of secrets, and none was given")
        return self._secrets / name

    def _client(self, access: Access) -> httpx2.AsyncClient:
        """Return a client with the required certificate checks; changed certificate files are read again."""
        file = self._file(access.ca) if access.ca is not None else None
        key, changed = (access.ca, access.verify), file.stat().st_mtime_ns if file else 0
        if self._clients.get(key, (None,))[0] != changed:
            context = ssl.create_default_context(cafile=file)
            if not access.verify:
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            self._clients[key] = changed, _client(context)
        return self._clients[key][1]


def _client(verify: ssl.SSLContext | bool) -> httpx2.AsyncClient:
    # One connection per query, so no connection stays open.
    limits = httpx2.Limits(max_keepalive_connections=0)
    return httpx2.AsyncClient(verify=verify, trust_env=False, follow_redirects=False, timeout=None, limits=limits)


def _may_tell_key(scheme: str, access: Access) -> bool:
    return access.plain_key or (scheme == "https" and access.verify)


async def _get(client: httpx2.AsyncClient, target: Target, headers: dict[str, str], name: str | None) -> Told:
    extensions = {"sni_hostname": name} if name is not None else {}
    async with client.stream("GET", target.url, headers=headers, extensions=extensions) as answer:
        client.cookies.clear()
        if answer.status_code in _REFUSALS:
            return Silence.REFUSED
        if answer.status_code != 200:
            raise AnswerError(f"answers {answer.status_code}")
        if answer.headers.get("content-encoding", "identity") != "identity":
            raise AnswerError("answers in an encoding that was not asked for")
        raw = b""
        async for block in answer.aiter_raw():
            raw += block
            if len(raw) > MOST_READ:
                break
        return models_of(raw)


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()).lower() or type(error).__name__
