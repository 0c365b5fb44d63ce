"""Read the catalog from a directory of JSON files, as ConfigMaps are mounted. I/O: reading only."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from .catalog import Catalog, joined

Stamp = tuple[tuple[str, int, int, int], ...]


class CatalogError(Exception):
    """A catalog is unusable; the text is one line: file, fact, fix."""


def read_catalog(folder: Path) -> Catalog | None:
    """Return the content of all `*.json` files of a directory, None if there is none.

    Raises CatalogError for an unreadable or invalid file.
    """
    files = sorted(folder.glob("*.json"))
    return joined(map(_read, files)) if files else None


def stamp(folder: Path) -> Stamp:
    """Return a value that changes if a file of the directory is changed, added or removed."""
    return tuple((file.name, *_stamp(file)) for file in sorted(folder.glob("*.json")))


def _stamp(file: Path) -> tuple[int, int, int]:
    try:
        found = file.stat()
    except OSError:
        return 0, 0, 0
    # A kubelet updates a ConfigMap by pointing the same symbolic link to a new file.
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
