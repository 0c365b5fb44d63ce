"""Ask engines what they serve, each on its own schedule, so that a stalled engine delays no other. I/O."""

from __future__ import annotations

import asyncio
import random
import sys
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from .engine_models import AnswerError
from .live import Silence, Told
from .pods import Target

# The maximum relative jitter of a pause.
_JITTER: Final = 0.2
# Seconds between retries of an engine that answered before and does not answer now.
_DOUBT: Final = 1.0
# Returns an engine's answer, or raises AnswerError.
Ask = Callable[[Target], Awaitable[Told]]


class Asking:
    """The last responses of engines by address; `changed` is called if a response differs from the previous one.

    `period` is the pause between two queries of an engine, in seconds.
    """

    def __init__(self, ask: Ask, period: float, changed: Callable[[], None]) -> None:
        self.told: dict[Target, Told] = {}
        self._ask_engine = ask
        self._period = period
        self._changed = changed
        self._tasks: dict[Target, asyncio.Task[None]] = {}
        self._failed: dict[Target, str] = {}
        self._round: asyncio.Task[None] | None = None

    def follow(self, targets: set[Target]) -> None:
        """Query exactly these targets from now on."""
        for gone in self._tasks.keys() - targets:
            self._tasks.pop(gone).cancel()
            self._failed.pop(gone, None)
            self.told.pop(gone, None)
        for new in targets - self._tasks.keys():
            self._tasks[new] = asyncio.create_task(self._keep_asking(new))

    async def ask_all(self) -> None:
        """Return when all engines have been queried once more; concurrent callers share the responses."""
        if self._round is None or self._round.done():
            self._round = asyncio.create_task(self._ask_each(list(self._tasks)))
        await asyncio.shield(self._round)

    async def _ask_each(self, targets: list[Target]) -> None:
        await asyncio.gather(*(self._ask(target) for target in targets))

    async def _keep_asking(self, target: Target) -> None:
        await self._ask(target)
        # Spread the queries of engines that appeared at the same time.
        await asyncio.sleep(self._pause(target) * random.random())
        while True:
            await self._ask(target)
            await asyncio.sleep(self._pause(target) * random.uniform(1 - _JITTER, 1 + _JITTER))

    def _pause(self, target: Target) -> float:
        return min(_DOUBT, self._period) if self._is_doubtful(target) else self._period

    def _is_doubtful(self, target: Target) -> bool:
        """Return whether the last query failed once, so that the previous response is still used."""
        return target in self._failed and self.told.get(target) is not Silence.WRONG

    async def _ask(self, target: Target) -> None:
        try:
            now, wrong = await self._ask_engine(target), None
        except AnswerError as error:
            now, wrong = Silence.WRONG, str(error)
        if target in self._tasks:
            self._take(target, now, wrong)

    def _take(self, target: Target, now: Told, wrong: str | None) -> None:
        """Store a response; a single failure of an engine that answered before is ignored."""
        before, failed = self.told.get(target), self._failed.get(target)
        if wrong is None:
            self._failed.pop(target, None)
        else:
            self._failed[target] = wrong
            if wrong != failed:
                print(f"engine {target.url}: {wrong}", file=sys.stderr)
            if failed is None and isinstance(before, Mapping):
                return
        if not _is_same(before, now):
            self.told[target] = now
            self._changed()


def _is_same(one: Told | None, other: Told | None) -> bool:
    """Return whether two responses are equal except for times, because engines report the time of the request."""
    if not isinstance(one, Mapping) or not isinstance(other, Mapping):
        return one == other
    return {name: _timeless(said) for name, said in one.items()} == {
        name: _timeless(said) for name, said in other.items()
    }


def _timeless(said: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in said.items() if name != "created"}
