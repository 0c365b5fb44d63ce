"""Everything that can go wrong and is somebody's to mend; anything else is a bug and keeps its traceback.

    RoutesError            one line or more, each for a person: object, fact, remedy
    +-- InputError         the files, the flags or the settings are wrong: you
    |   +-- NothingToRoute nothing among the manifests to route is a ModelService
    +-- ClusterError       the API server did not answer, or not all of it: the other side
    +-- PlanError          what is asked cannot be expressed as routes

Raised deep, caught once in `cli.main`, which prints one line per problem and returns 2. Defects of an object that do
not stop the work are `inventory.Notice`s, not exceptions.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

_Value = TypeVar("_Value")


class RoutesError(Exception):
    """Stops the run with exit code 2.

    `problems` holds one line per problem, in the order they are to be read; never empty.
    """

    def __init__(self, problems: str | Iterable[str]) -> None:
        """Take one problem, or several that were found together."""
        self.problems: tuple[str, ...] = (problems,) if isinstance(problems, str) else tuple(problems)
        super().__init__("\n".join(self.problems))


class InputError(RoutesError):
    """Files, flags or settings that cannot be used as they are."""


class NothingToRoute(InputError):
    """Nothing among the manifests that are to be routed is a ModelService."""

    def __init__(self) -> None:
        """Say so."""
        super().__init__("no ModelService among the manifests of stdin; check them, or give --allow-empty")


class ClusterError(RoutesError):
    """The API server could not be asked, or answered only in part."""


class PlanError(RoutesError):
    """The inventory cannot be expressed as routes without a guess."""


class Problems:
    """Collects the problems that stop a run, so that all of them are reported at once, in the order of detection."""

    def __init__(self) -> None:
        """Begin without any."""
        self._lines: dict[str, None] = {}

    @property
    def lines(self) -> tuple[str, ...]:
        """Return the distinct lines."""
        return tuple(self._lines)

    def add(self, *lines: str) -> None:
        """Add lines; duplicates are ignored."""
        self._lines.update(dict.fromkeys(lines))

    def sift(self, mixed: Iterable[_Value | str]) -> list[_Value]:
        """Add every string in `mixed` as a problem, and return the other values in order."""
        values = []
        for each in mixed:
            if isinstance(each, str):
                self.add(each)
            else:
                values.append(each)
        return values

    def raise_if_any(self) -> None:
        """Raise PlanError with all lines if there are any."""
        if self._lines:
            raise PlanError(self._lines)
