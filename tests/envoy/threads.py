"""Servers of asyncio in a thread."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager


@contextmanager
def in_thread(start: Callable[[AsyncExitStack], Awaitable[int]]) -> Iterator[int]:
    """Start a server in the loop of a new thread; yields its port. The stack that it is given ends it."""
    loop, stop, started = asyncio.new_event_loop(), asyncio.Event(), threading.Event()
    ports: list[int] = []

    async def serve() -> None:
        async with AsyncExitStack() as stack:
            ports.append(await start(stack))
            started.set()
            await stop.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),), daemon=True)
    thread.start()
    assert started.wait(20)
    yield ports[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join()
    loop.close()
