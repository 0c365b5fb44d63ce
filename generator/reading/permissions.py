"""Decide what follows if a user may not list a kind everywhere: less, a notice, or a problem. I/O by the caller.

A kind that decides what is routed stops the run; any other is a notice. Nothing is omitted without a word.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from llmd_routes.kube.kinds import ReadKind
from llmd_routes.notices import Notice

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to read: `namespaces` of ModelServices, empty for all; namespaces of Gateways; optional kinds."""

    namespaces: tuple[str, ...] = ()
    gateway_namespaces: tuple[str, ...] = ()
    allow_missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Permitted(Generic[_Value]):
    """What was read of a kind, None if nothing may be, with a problem or a notice about the rest."""

    value: _Value | None = None
    problem: str | None = None
    notice: Notice | None = None


class Forbidden(Exception):
    """The user may not list a kind; the message is the server's."""


def read_permitted(
    kind: ReadKind, wanted: Wanted, read: Callable[[Sequence[str]], _Value], verb: str = "list"
) -> Permitted[_Value]:
    """Return what `read` returns for the selected namespaces, or for those where the user may read the kind.

    `read` gets namespaces, empty for all, and raises Forbidden. `verb` is what the user must be allowed to do.
    """
    narrow = tuple(dict.fromkeys((*wanted.namespaces, *wanted.gateway_namespaces)))
    places = wanted.namespaces if kind.namespaced and not kind.everywhere else ()
    try:
        return Permitted(read(places))
    except Forbidden as refused:
        if not (kind.everywhere and kind.namespaced and narrow):
            return _refused(kind, str(refused), wanted, verb)
    try:
        value = read(narrow)
    except Forbidden as refused:
        return _refused(kind, str(refused), wanted, verb)
    fact = f"may be listed in {', '.join(narrow)} only, so objects in other namespaces were not read"
    return Permitted(value, notice=Notice("not-listed", kind.resource, fact, f"grant {verb} on it in all namespaces"))


def _refused(kind: ReadKind, reason: str, wanted: Wanted, verb: str) -> Permitted[_Value]:
    if not kind.required:
        return Permitted(
            notice=Notice("not-listed", kind.resource, f"may not be listed: {reason}", f"grant {verb} on it")
        )
    if kind.kind in wanted.allow_missing:
        fact = f"may not be listed, and --allow-missing {kind.kind} accepts that: {reason}"
        return Permitted(notice=Notice("not-listed", kind.resource, fact, f"grant {verb} on it for a complete result"))
    return Permitted(
        problem=f"{kind.resource}: may not be listed: {reason}; grant {verb} on it (manifests/clusterrole.yaml),"
        f" or accept a result without it with --allow-missing {kind.kind}"
    )
