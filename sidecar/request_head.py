"""The head of a request, and whether and how it has a body. Pure, no I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Request:
    """The headers of a request; `path` includes the query, header names are in any case and may repeat."""

    method: str
    host: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    # Cached, because headers are read often.
    _by_name: Mapping[str, Sequence[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index the headers by name."""
        found: dict[str, list[str]] = {}
        for name, value in self.headers:
            found.setdefault(name.lower(), []).append(value)
        object.__setattr__(self, "_by_name", found)

    def values(self, name: str) -> Sequence[str]:
        """Return the values of a header, in order; its name is in lower case."""
        return self._by_name.get(name, ())


def content_type_of(request: Request) -> str | None:
    """Return the content type, None if there is none; the first of several values wins."""
    return next(iter(request.values("content-type")), None)


def is_encoded(request: Request) -> bool:
    """Return whether the body is encoded, for example compressed."""
    values = request.values("content-encoding")
    if not values:
        return False
    codings = ",".join(values).lower().split(",")
    return any(coding.strip(" \t") not in ("", "identity") for coding in codings)


def is_upgrade(request: Request) -> bool:
    """Return whether a request asks for another protocol; the data after its headers is then not a body.

    Spec: RFC 9110, section 7.8: without the connection option the header `upgrade` has no effect.
    """
    if not request.values("upgrade"):
        return False
    options = ",".join(request.values("connection")).lower().split(",")
    return "upgrade" in (option.strip(" \t") for option in options)


def declared_length(request: Request) -> int:
    """Return the declared length of the body in bytes, 0 if none is declared."""
    declared = request.values("content-length")
    return int(declared[0]) if declared and re.fullmatch(r"[0-9]{1,18}", declared[0]) else 0
