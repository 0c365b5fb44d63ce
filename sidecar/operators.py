"""Read and change the routes of a catalog in the settings of a controller, as operators request. I/O."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from .catalog import Catalog
from .routing import Pair, Routing

if TYPE_CHECKING:
    from .settings_map import SettingsMap

Obj = dict[str, Any]


class Operators:
    """The settings of a controller in a ConfigMap, by namespace and name. All methods raise RefusedError."""

    def __init__(self, namespace: str, name: str) -> None:
        self._place = (namespace, name)
        self._settings: SettingsMap | None = None

    async def routes(self, catalog: Catalog) -> list[Pair]:
        """Return the routes of a catalog according to the settings, which the gateway may follow a moment later."""
        user, operators = await (await self._map()).read()
        return Routing(catalog, user, operators).pairs()

    async def add(self, catalog: Catalog, pair: Pair) -> None:
        """Add a route to a service of a catalog."""
        await self._change(lambda user, operators: Routing(catalog, user, operators).added(pair))

    async def remove(self, catalog: Catalog, pair: Pair) -> None:
        """Remove a route of a service of a catalog."""
        await self._change(lambda user, operators: Routing(catalog, user, operators).removed(pair))

    async def request(self, moment: str) -> None:
        """Request that the controller examines the cluster again; `moment` differs from those of other requests."""
        await (await self._map()).request(moment)

    async def _change(self, make: Callable[[Obj, Obj], Obj]) -> None:
        await (await self._map()).change(make)

    async def _map(self) -> SettingsMap:
        if self._settings is None:
            # The client takes long to import, and other responses do not need it.
            settings_map = await asyncio.to_thread(import_module, f"{__package__}.settings_map")
            self._settings = self._settings or settings_map.SettingsMap(*self._place)
        return self._settings
