"""Decide what is asked when: rounds of one prompt for each engine, in an order by chance. Pure, no I/O."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Round:
    """One prompt for each engine, in order; the replies of a `warm_up` do not count."""

    number: int
    prompt: str
    engines: tuple[str, ...]
    warm_up: bool = False


def plan_rounds(engines: Sequence[str], prompts: Sequence[str], count: int, warm_up: int = 0) -> list[Round]:
    """Return `warm_up` rounds and then `count` rounds, which use the prompts in turn.

    The order of the engines differs by chance from round to round, so that no engine is always asked first; the same
    arguments give the same order.
    """
    chance = random.Random(0)
    return [
        Round(
            number, prompts[number % len(prompts)], tuple(chance.sample(list(engines), len(engines))), number < warm_up
        )
        for number in range(warm_up + count)
    ]
