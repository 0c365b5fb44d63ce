"""Options that stand together, as one decorator of a command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Command = Callable[..., Any]


def group(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Return what adds options to a command; its help shows them in this order."""

    def add(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return add
