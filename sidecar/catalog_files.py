"""Read the catalog from a directory of JSON files, as ConfigMaps are mounted. I/O: reading only."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from .catalog import Catalog, joined

Stamp = tuple[tuple[str, int, int, int], ...]


class CatalogError(Exception):
    """A catalog cannot be used; the text is one line: file, fact, remedy."""


def read_catalog(folder: Path) -> Catalog | None:
    """Return what all `*.json` files of a folder hold, None when there is none.

    Raises CatalogError for one that cannot be read, or is no catalog.
    """
    files = sorted(folder.glob("*.json"))
    return joined(map(_read, files)) if files else None


def stamp(folder: Path) -> Stamp:
    """Return a value that differs when a file of the folder was changed, added or removed."""
    return tuple((file.name, *_stamp(file)) for file in sorted(folder.glob("*.json")))


def _stamp(file: Path) -> tuple[int, int, int]:
    try:
        found = file.stat()
    except OSError:
        return 0, 0, 0
    # A kubelet changes a ConfigMap by a new file behind the same link.
    return found.st_ino, found.st_mtime_ns, found.st_size


def _read(file: Path) -> Catalog:
    try:
        return Catalog.model_validate_json(file.read_bytes())
    except OSError as error:
        raise CatalogError(f"{file}: cannot be read: {(error.strerror or 'no reason').lower()}") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"]))
        fact = f"{place}: {first['msg']}" if place else first["msg"]
        raise CatalogError(f"{file}: is no catalog: {' '.join(fact.split())}; write it with llmd-routes") from None
