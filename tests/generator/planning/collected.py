"""Calls stages of planning by themselves: what they get, and what they return and add."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from llmd_routes.errors import Problems
from llmd_routes.gateways.implementation import Draft
from llmd_routes.model.plan import Attachment, Backend, RouteSet
from llmd_routes.model.printed import Extractor, Printed

Value = TypeVar("Value")


def collected(stage: Callable[..., Value], *arguments: Any) -> tuple[Value, list[str]]:
    """Return the value of a stage, whose last parameter are the problems, and their lines."""
    problems = Problems()
    value = stage(*arguments, problems)
    return value, list(problems.lines)


def draft(*backends: Backend, attached: Sequence[Attachment] = (), name: str = "ns.gw", **values: Any) -> Draft:
    """Return what is planned when a stage begins: pools, the Gateways to attach to, and other fields of a Draft."""
    prefixes = tuple(values.pop("prefixes", ("/v1",)))
    hostnames = tuple(values.pop("hostnames", ()))
    return Draft(RouteSet(name, tuple(attached), prefixes, hostnames), backends, **values)


def extractors(printed: Iterable[Printed]) -> list[Extractor]:
    """Return what the programs of gateways are made from, in order."""
    return [value for one in printed for value in one.values.values() if isinstance(value, Extractor)]
