"""Send the prompts of rounds to engines through a Gateway, and note when the parts of each answer arrive. I/O."""

from __future__ import annotations

import asyncio
import json
import signal
import ssl
import time
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from llmd_routes.errors import InputError
from llmd_routes_sidecar.owners import OWNER_HEADER

from .candidates import Entry, read_entries
from .events import error_of, read_line
from .replies import Plan, Reply
from .schedule import Round

if TYPE_CHECKING:
    import httpx2

Report = Callable[[Round, Reply], None]
# Why no more is asked: everything was, or the time was over, or Ctrl-C was pressed.
Ending = Literal["complete", "late", "interrupted"]
# Seconds to wait for a connection or the next part of an answer.
_TIMEOUT_S: Final = 60.0


@dataclass(frozen=True, slots=True)
class Access:
    """How to ask: further headers, and seconds to wait for the next part of an answer."""

    headers: Mapping[str, str]
    timeout: float = _TIMEOUT_S


def fetch_entries(url: str, access: Access) -> list[Entry]:
    """Return the models list of the API at a URL. Raises InputError if there is none."""
    import httpx2

    address = f"{url}/models"
    try:
        with httpx2.Client(**_settings(access)) as client:
            response = client.get(address)
    except httpx2.HTTPError as error:
        raise InputError(f"{address}: cannot be read: {_shown(error)}; check the URL and the Gateway") from None
    if response.status_code != 200:
        failure = _refusal(response.status_code, response.content)
        raise InputError(f"{address}: the response is {failure}; check the URL and the headers")
    try:
        entries = read_entries(response.json())
    except ValueError:
        entries = None
    if entries is None:
        raise InputError(f"{address}: the response is not a models list; check the URL")
    return entries


async def ask_rounds(plan: Plan, access: Access, rounds: Sequence[Round], limit: float, report: Report) -> Ending:
    """Ask the engines of all rounds for `limit` seconds at most, and report each reply.

    `plan.concurrency` rounds run at the same time; within a round, one engine is asked after the other. The first
    SIGINT ends it, a second one has its usual effect.
    """
    import httpx2

    left = iter(rounds)
    most = httpx2.Limits(max_connections=plan.concurrency, max_keepalive_connections=plan.concurrency)
    client = httpx2.AsyncClient(**_settings(access), limits=most)

    async def work() -> None:
        for each in left:
            for engine in each.engines:
                report(each, await _ask(client, plan, each, engine))

    async def work_at_once() -> None:
        async with client, asyncio.TaskGroup() as group:
            for _ in range(plan.concurrency):
                group.create_task(work())

    working = asyncio.create_task(work_at_once())
    with _cancelled_by_interrupt(working):
        try:
            async with asyncio.timeout(limit):
                await working
        except TimeoutError:
            return "late"
        except asyncio.CancelledError:
            if not working.cancelled():
                raise
            return "interrupted"
    return "complete"


@contextmanager
def _cancelled_by_interrupt(task: asyncio.Task[None]) -> Iterator[None]:
    """Let the first SIGINT cancel a task, unless the parent process ignores SIGINT (`nohup`)."""
    before = signal.getsignal(signal.SIGINT)
    loop = asyncio.get_running_loop()

    def interrupt() -> None:
        restore()
        task.cancel()

    def restore() -> None:
        loop.remove_signal_handler(signal.SIGINT)
        signal.signal(signal.SIGINT, before)

    if before is signal.SIG_IGN:
        yield
        return
    loop.add_signal_handler(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        restore()


def _settings(access: Access) -> dict[str, Any]:
    """Return arguments of a client; a proxy of this machine would be measured too, so it is not used."""
    return {
        "headers": dict(access.headers),
        "timeout": access.timeout,
        "trust_env": False,
        "verify": ssl.create_default_context(),
    }


async def _ask(client: httpx2.AsyncClient, plan: Plan, asked: Round, engine: str) -> Reply:
    import httpx2

    body: dict[str, Any] = {
        "model": plan.model,
        "messages": [{"role": "user", "content": asked.prompt}],
        "max_tokens": plan.max_tokens,
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    moments: list[float] = []
    begun = time.perf_counter()
    try:
        address = f"{plan.url}/chat/completions"
        async with client.stream("POST", address, json=body, headers={OWNER_HEADER: engine}) as response:
            if response.status_code != 200:
                return Reply(engine, asked.number, error=_refusal(response.status_code, await response.aread()))
            return await _read(response, begun, moments, Reply(engine, asked.number))
    except httpx2.HTTPError as error:
        return Reply(engine, asked.number, tuple(moments), error=_shown(error))


async def _read(response: httpx2.Response, begun: float, moments: list[float], reply: Reply) -> Reply:
    """Return the reply in a stream; `moments` has what arrived if the connection breaks."""
    tokens: int | None = None
    error: str | None = "the answer ended too early"
    async with aclosing(cast("AsyncGenerator[str]", response.aiter_lines())) as lines:
        async for line in lines:
            now = time.perf_counter() - begun
            part = read_line(line)
            if part is None:
                continue
            moments += [now] if part.has_text else []
            tokens = part.tokens or tokens
            if part.is_end or part.error is not None:
                error = part.error or (None if moments else "the answer has no text")
                break
    return Reply(reply.engine, reply.round, tuple(moments), tokens, error)


def _refusal(status: int, body: bytes) -> str:
    try:
        return f"{status}: {error_of(json.loads(body))}"
    except ValueError:
        return f"{status}"


def _shown(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
