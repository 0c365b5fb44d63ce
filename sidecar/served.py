"""The served models by engine, routed or not yet routed. Pure values, no I/O."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final, NamedTuple

Obj = dict[str, Any]
NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})


class Entry(NamedTuple):
    """A model of an engine in a list; `more` is what the engine reports, and whether it is available.

    `is_default` is whether this entry receives requests for the model without an engine, `pool` the InferencePool.
    `served_as` are the names that the engine serves instead, empty if it serves the name itself.
    """

    id: str
    owned_by: str
    is_default: bool = False
    more: Mapping[str, Any] = NOTHING
    pool: str | None = None
    served_as: tuple[str, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """Return the key that identifies and orders entries."""
        return self.id, self.owned_by


@dataclass(frozen=True, eq=False)
class Served:
    """All entries, each once: routed ones by id and owner, and `unrouted` ones that only engines report."""

    entries: tuple[Entry, ...] = ()
    unrouted: tuple[Entry, ...] = ()
    _lists: dict[str | None, str] = field(default_factory=dict, init=False, repr=False)

    @cached_property
    def _by_id(self) -> dict[str, list[Entry]]:
        return _grouped(self.entries)

    @cached_property
    def _unrouted_by_id(self) -> dict[str, list[Entry]]:
        return _grouped(self.unrouted)

    @cached_property
    def owners(self) -> frozenset[str]:
        """Return the owner keys of all entries."""
        return frozenset(entry.owned_by for entry in (*self.entries, *self.unrouted))

    def of(self, model: str) -> list[Entry]:
        """Return the routed entries of a model, by owner."""
        return self._by_id.get(model, [])

    def shown(self, model: str) -> list[Entry]:
        """Return all entries of a model, routed ones first."""
        return self.of(model) + self._unrouted_by_id.get(model, [])

    def listed(self, owner: str | None) -> str:
        """Return the models list of an owner, or of all, as JSON; by id and owner."""
        if owner is not None and owner not in self.owners:
            return _list(())
        if owner not in self._lists:
            shown = [entry for entry in (*self.entries, *self.unrouted) if owner in (None, entry.owned_by)]
            self._lists[owner] = _list(sorted(shown, key=lambda entry: entry.key))
        return self._lists[owner]


def as_object(entry: Entry) -> Obj:
    """Return an entry in the format of OpenAI's API; `created` is 0 if unknown."""
    return {"id": entry.id, "object": "model", "created": 0, "owned_by": entry.owned_by, **entry.more}


def _list(entries: Iterable[Entry]) -> str:
    return json.dumps({"object": "list", "data": [as_object(entry) for entry in entries]})


def _grouped(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    found: dict[str, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.id, []).append(entry)
    return found
