"""Engines are asked again and again, each in its own time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from llmd_routes_sidecar.asking import Asking
from llmd_routes_sidecar.engine_models import AnswerError
from llmd_routes_sidecar.live import Silence, Told
from llmd_routes_sidecar.pods import Target

from .waiting import soon

ONE, OTHER = Target("http", "10.0.0.1", 8000), Target("http", "10.0.0.2", 8000)


class Table:
    """Answers by target: what is told, an error as text, or a coroutine that is waited for."""

    def __init__(self, **answers: Any) -> None:
        self.answers: dict[Target, Any] = {ONE: answers.get("one"), OTHER: answers.get("other")}
        self.asked: list[Target] = []

    async def ask(self, target: Target) -> Told:
        self.asked.append(target)
        answer = self.answers[target]
        if callable(answer):
            answer = await answer()
        if isinstance(answer, str):
            raise AnswerError(answer)
        return answer  # type: ignore[no-any-return]


def run(steps: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(steps(), 20))


def test_one_that_hangs_delays_nobody() -> None:
    async def steps() -> None:
        table = Table(one=asyncio.Event().wait, other={"m": {}})
        asking = Asking(table.ask, 0.01, lambda: None)
        asking.follow({ONE, OTHER})
        await soon(lambda: table.asked.count(OTHER) > 5)
        assert asking.told == {OTHER: {"m": {}}} and table.asked.count(ONE) == 1
        asking.follow(set())

    run(steps)


def test_changes_are_told_and_nothing_else() -> None:
    async def steps() -> None:
        changes: list[Told | None] = []
        table = Table(one={"m": {"created": 1}})
        asking = Asking(table.ask, 0.005, lambda: changes.append(asking.told.get(ONE)))
        asking.follow({ONE})
        await soon(lambda: table.asked.count(ONE) > 3)
        table.answers[ONE] = {"m": {"created": 2}}  # engines tell the time of the question
        await soon(lambda: table.asked.count(ONE) > 8)
        table.answers[ONE] = {"m": {"created": 3}, "n": {}}
        await soon(lambda: len(changes) > 1)
        table.answers[ONE] = Silence.REFUSED
        await soon(lambda: len(changes) > 2)
        assert changes == [{"m": {"created": 1}}, {"m": {"created": 3}, "n": {}}, Silence.REFUSED]
        asking.follow(set())
        assert asking.told == {}

    run(steps)


def test_one_question_that_fails_says_nothing_about_an_engine_that_answered(capsys: pytest.CaptureFixture[str]) -> None:
    async def steps() -> None:
        table = Table(one={"m": {}})
        asking = Asking(table.ask, 3600, lambda: None)
        asking.follow({ONE})
        await soon(lambda: ONE in asking.told)
        for answer, wanted in (
            ("answers 500", {"m": {}}),
            ({"m": {}}, {"m": {}}),
            ("answers 500", {"m": {}}),
            ("answers 500", Silence.WRONG),
            ("is no JSON", Silence.WRONG),
            ({"n": {}}, {"n": {}}),
        ):
            table.answers[ONE] = answer
            await asking.ask_all()
            assert asking.told[ONE] == wanted
        asking.follow(set())

    run(steps)
    told = capsys.readouterr().err.splitlines()
    assert told == [f"engine {ONE.url}: {why}" for why in ("answers 500", "answers 500", "is no JSON")]


def test_who_asks_for_all_at_once_shares_the_answers() -> None:
    async def steps() -> None:
        gate = asyncio.Event()
        table = Table(one={"m": {}}, other={"n": {}})
        asking = Asking(table.ask, 3600, lambda: None)
        asking.follow({ONE, OTHER})
        await soon(lambda: len(asking.told) == 2)
        table.answers[ONE] = gate.wait
        waiting = [asyncio.create_task(asking.ask_all()) for _ in range(50)]
        await soon(lambda: len(table.asked) == 4)
        await asyncio.sleep(0.02)
        assert sorted(table.asked) == [ONE, ONE, OTHER, OTHER]
        waiting[0].cancel()  # one that goes away takes nobody's answer
        table.answers[ONE] = {}
        gate.set()
        await asyncio.gather(*waiting[1:])
        asking.follow(set())

    run(steps)
