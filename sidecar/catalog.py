"""What an installation serves: the value that the generator writes and that the list of models is answered from.

Pure: no I/O. Both sides share it, so that neither writes what the other does not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict

from .owners import RESERVED, is_usable


def _usable(value: str) -> str:
    if not is_usable(value):
        raise ValueError("cannot stand in a header")
    return value


def _key(value: str) -> str:
    if value in RESERVED:
        raise ValueError("is reserved")
    return _usable(value)


class Entry(BaseModel):
    """A model name that an engine answers to: `id` as requests name it, `owned_by` the owner key."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Annotated[str, AfterValidator(_usable)]
    owned_by: Annotated[str, AfterValidator(_key)]
    is_default: bool = False
    """Whether requests that name the model and no engine may go there."""


class Catalog(BaseModel):
    """All entries of an installation, sorted by id and owner."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    entries: tuple[Entry, ...] = ()

    def of(self, model: str) -> Iterator[Entry]:
        """Yield the entries of a model, by owner."""
        return (entry for entry in self.entries if entry.id == model)


def catalog_of(entries: Iterable[Entry]) -> Catalog:
    """Return a catalog of entries in any order; of equal ones (id and owner) the first counts."""
    found: dict[tuple[str, str], Entry] = {}
    for entry in entries:
        found.setdefault((entry.id, entry.owned_by), entry)
    return Catalog(entries=tuple(found[key] for key in sorted(found)))
