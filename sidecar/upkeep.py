"""Keep the served models current: changed files, pods, and answers of engines. I/O."""

from __future__ import annotations

import asyncio
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Final

from .asking import Ask, Asking
from .catalog import Catalog
from .catalog_files import CatalogError, read_catalog, stamp
from .live import live, targets
from .models_app import State
from .pods import PodIndex
from .served import Served

if TYPE_CHECKING:
    from .pod_watch import PodWatch

# Seconds between two checks of the files, and the delay in which further changes are collected.
_PAUSE: Final = 1.0
_GATHER: Final = 0.05


class Upkeep:
    """Updates a state from a directory of files, and from pods if there is a `watch`.

    Raises CatalogError at the start only.
    """

    def __init__(self, state: State, folder: Path) -> None:
        self._state = state
        self._folder = folder
        self._stamp = stamp(folder)
        self.catalog = read_catalog(folder)
        self._woken = asyncio.Event()
        self._watch: PodWatch | None = None
        self._asking: Asking | None = None
        self._renew()

    async def run(self, watches: bool, ask: Ask, period: float) -> None:
        """Run until cancelled; `period` is the pause between two queries of an engine, in seconds.

        Raises WatchError if pods are to be watched and no cluster is available.
        """
        if watches:
            # The client takes long to import, and responses do not need it.
            pod_watch = await asyncio.to_thread(import_module, f"{__package__}.pod_watch")
            self._watch = pod_watch.PodWatch(self._woken.set)
            await self._watch.connect()
            self._asking = Asking(ask, period, self._woken.set)
            self._woken.set()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._follow_files())
                group.create_task(self._renew_when_woken())
        finally:
            if self._watch and self._asking:
                self._asking.follow(set())
                await self._watch.close()

    async def ask_all(self) -> None:
        """Return when all known engines have been queried once more, and their responses are applied."""
        if self._asking is not None:
            await self._asking.ask_all()
            self._renew()

    async def _renew_when_woken(self) -> None:
        while True:
            await self._woken.wait()
            self._woken.clear()
            begun = time.perf_counter()
            self._renew()
            # If a rebuild takes long, leave most of the time to responses.
            await asyncio.sleep(max(_GATHER, 4 * (time.perf_counter() - begun)))

    def _renew(self) -> None:
        if self.catalog is None:
            return
        pods = PodIndex(self._watch.pods if self._watch else {})
        if self._watch and self._asking:
            self._watch.follow(one.pods.namespace for one in self.catalog.services if one.pods is not None)
            self._asking.follow(targets(self.catalog, pods))
        told = self._asking.told if self._asking else {}
        try:
            served = live(self.catalog, pods, told, self._state.served or Served())
            served.listed(None)
        except Exception as error:  # whatever an engine answered: keep the last valid list
            print(
                f"error: the list of models cannot be made anew: {error!r}; the list before it goes on", file=sys.stderr
            )
        else:
            self._state.take(served)

    async def _follow_files(self) -> None:
        """Read changed files; an invalid catalog is logged, and the previous one stays in use."""
        while True:
            await asyncio.sleep(_PAUSE)
            now = stamp(self._folder)
            if now == self._stamp:
                continue
            self._stamp = now
            try:
                self._take(read_catalog(self._folder))
            except CatalogError as error:
                print(f"error: {error}; the catalog before it goes on", file=sys.stderr)

    def _take(self, catalog: Catalog | None) -> None:
        if catalog is not None:
            self.catalog = catalog
            self._woken.set()
            print(f"models: {len(catalog.entries)} entries", file=sys.stderr)
