"""The catalog: the models of an installation, which the generator writes and the models server reads.

Pure: no I/O. Both sides share it, so that neither writes what the other does not read.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from .owners import RESERVED, is_usable
from .served import Entry, Served


def _usable(value: str) -> str:
    if not is_usable(value):
        raise ValueError("cannot stand in a header")
    return value


def _key(value: str) -> str:
    if value in RESERVED:
        raise ValueError("is reserved")
    return _usable(value)


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Model(_Value):
    """A model name in requests; `is_default` is whether its service receives requests without an engine.

    `served_as` are the names that an endpoint picker replaces it with, None without a rewrite.
    """

    id: Annotated[str, AfterValidator(_usable)]
    is_default: bool = False
    served_as: tuple[str, ...] | None = None


# The file name in a mounted Secret.
_Key = Annotated[str, Field(pattern=r"^[-._a-zA-Z0-9]+$")]


class Access(_Value):
    """Settings to query engines; keys are file names in a mounted Secret.

    `ca` contains the certificate authorities for engines, checked with `server_name` or else their address; without
    `verify` certificates are not checked. `api_key` is sent over verified TLS only, or unencrypted with `plain_key`.
    """

    ca: _Key | None = None
    server_name: str | None = None
    verify: bool = True
    api_key: _Key | None = None
    plain_key: bool = False


class Pods(_Value):
    """The pods of an InferencePool: their namespace, their selector, and the ports that they serve."""

    namespace: str
    selector: Annotated[dict[str, str], Field(min_length=1)]
    ports: Annotated[tuple[Annotated[int, Field(ge=1, le=65535)], ...], Field(min_length=1)]
    scheme: Literal["http", "https"] = "http"
    access: Access | None = None


class Service(_Value):
    """A ModelService: its owner key, its models, its InferencePool, and the pool's pods (None if unknown).

    Each of `keys` identifies it in the settings of a controller; None without one. Of its models, the settings add
    those in `added`; of the names that it serves, they remove the routes of those in `removed`.
    """

    owned_by: Annotated[str, AfterValidator(_key)]
    models: tuple[Model, ...]
    pool: str | None = None
    pods: Pods | None = None
    keys: tuple[str, ...] | None = None
    added: tuple[str, ...] | None = None
    removed: tuple[str, ...] | None = None


class Catalog(_Value):
    """All services of an installation."""

    services: tuple[Service, ...] = ()

    @cached_property
    def entries(self) -> tuple[Entry, ...]:
        """Return every model of every engine once, by id and owner; the first of equal ones wins."""
        found: dict[tuple[str, str], Entry] = {}
        for service in self.services:
            for model in service.models:
                served_as = model.served_as or ()
                entry = Entry(model.id, service.owned_by, model.is_default, pool=service.pool, served_as=served_as)
                found.setdefault(entry.key, entry)
        return tuple(found[key] for key in sorted(found))

    @cached_property
    def served(self) -> Served:
        """Return the served models as the files list them."""
        return Served(self.entries)


def joined(catalogs: Iterable[Catalog]) -> Catalog:
    """Return the content of several catalogs, in order."""
    return Catalog(services=tuple(service for catalog in catalogs for service in catalog.services))
