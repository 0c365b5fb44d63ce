"""Waits for a condition, never for a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


async def soon(condition: Callable[[], bool]) -> None:
    """Return once it holds. Raises TimeoutError when it does not come to."""
    async with asyncio.timeout(20):
        while not condition():
            await asyncio.sleep(0.005)
