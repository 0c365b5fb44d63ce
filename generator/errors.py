"""Errors that a user can correct; anything else is a bug and keeps its traceback.

    RoutesError            one problem or more: object, fact, fix
    +-- InputError         files, flags or settings are wrong
    |   +-- NothingToRoute the manifests to route contain no ModelService
    +-- ClusterError       the API server did not answer completely
    +-- PlanError          the request cannot be expressed as routes

Raised deep, caught once in `cli.main`, which prints the problems and returns 2. Defects of an object that do not stop
the work are `notices.Notice`s, not exceptions.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TypeVar

from .problems import Problem, problem_of

_Value = TypeVar("_Value")


class RoutesError(Exception):
    """Stops the run with exit code 2.

    `problems` are in the order of detection, and never empty. A string is a line `OBJECT: FACT; FIX`.
    """

    def __init__(self, problems: str | Problem | Iterable[str | Problem]) -> None:
        """Store one problem, or several that were detected together."""
        each = (problems,) if isinstance(problems, (str, Problem)) else tuple(problems)
        self.problems: tuple[Problem, ...] = tuple(map(_as_problem, each))
        super().__init__("\n".join(self.lines))

    @property
    def lines(self) -> tuple[str, ...]:
        """Return the problems, each on one line."""
        return tuple(map(str, self.problems))


def _as_problem(each: str | Problem) -> Problem:
    return problem_of(each) if isinstance(each, str) else each


class InputError(RoutesError):
    """Invalid files, flags or settings."""


class NothingToRoute(InputError):
    """The manifests to route contain no ModelService."""

    def __init__(self) -> None:
        """Store the problem."""
        super().__init__("stdin contains no ModelService; check its manifests, or pass --allow-empty")


class ClusterError(RoutesError):
    """The API server did not answer completely."""


class PlanError(RoutesError):
    """The inventory cannot be expressed as routes without a guess."""


class Problems:
    """Collects the problems that stop a run, so that all of them are reported at once, in the order of detection."""

    def __init__(self) -> None:
        """Start without problems."""
        self._all: dict[Problem, None] = {}

    @property
    def lines(self) -> tuple[str, ...]:
        """Return the distinct problems, each on one line."""
        return tuple(map(str, self._all))

    def add(self, *problems: str | Problem) -> None:
        """Add problems; duplicates are ignored."""
        self._all.update(dict.fromkeys(map(_as_problem, problems)))

    def sift(self, mixed: Iterable[_Value | str | Problem]) -> list[_Value]:
        """Add every string and problem in `mixed`, and return the other values in order."""
        values = []
        for each in mixed:
            if isinstance(each, (str, Problem)):
                self.add(each)
            else:
                values.append(each)
        return values

    def raise_if_any(self) -> None:
        """Raise PlanError with all problems if there are any."""
        if self._all:
            raise PlanError(self._all)
