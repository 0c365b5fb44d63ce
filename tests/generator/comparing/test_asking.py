"""Prompts are sent over real connections, and each reply has the times of its parts."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Sequence

import pytest

from llmd_routes.comparing.asking import Access, Ending, ask_rounds, fetch_entries
from llmd_routes.comparing.candidates import Entry
from llmd_routes.comparing.replies import Plan, Reply
from llmd_routes.comparing.schedule import Round, plan_rounds
from llmd_routes.errors import InputError

from .stand_in import PAUSE, Gateway, serving

ACCESS = Access({"authorization": "Bearer k"})


def asked(
    rounds: Sequence[Round], at_once: int = 1, limit: float = 30.0, gateway: Gateway | None = None
) -> tuple[Ending, list[Reply]]:
    """Return how it ended, and the replies in the order of their end."""
    replies: list[Reply] = []
    with serving(gateway or Gateway()) as url:
        plan = Plan(f"{url}/v1", "m", (), concurrency=at_once, max_tokens=9)
        ending = asyncio.run(ask_rounds(plan, ACCESS, rounds, limit, lambda _, reply: replies.append(reply)))
    return ending, replies


def test_the_times_of_the_parts() -> None:
    gateway = Gateway()
    ending, (reply,) = asked(plan_rounds(["slow"], ["Hi"], 1), gateway=gateway)
    assert ending == "complete"
    assert (reply.engine, reply.tokens, reply.error, len(reply.moments)) == ("slow", 6, None, 3)
    assert all(moment >= PAUSE * number for number, moment in enumerate(reply.moments, start=1))
    assert gateway.bodies == [
        {
            "model": "m",
            "messages": [{"role": "user", "content": "Hi"}],
            "max_tokens": 9,
            "stream": True,
            "stream_options": {"include_usage": True},
        }
    ]
    assert "authorization: bearer k" in gateway.heads[0]


@pytest.mark.parametrize(
    ("engine", "error"),
    [
        ("refusing", "404: no such model"),
        ("failing", "out of memory"),
        ("short", "the answer ended too early"),
        ("cut", "peer closed connection"),
    ],
)
def test_an_incomplete_answer_is_an_error(engine: str, error: str) -> None:
    _, (reply,) = asked(plan_rounds([engine], ["Hi"], 1))
    assert reply.error is not None and reply.error.startswith(error)
    assert [reply.value(metric) for metric in ("first", "gap", "rate")] == [None, None, None]


def test_no_server() -> None:
    replies: list[Reply] = []
    take: Callable[[Round, Reply], None] = lambda _, reply: replies.append(reply)  # noqa: E731
    plan = Plan("http://127.0.0.1:9/v1", "m", ())
    assert asyncio.run(ask_rounds(plan, ACCESS, plan_rounds(["a"], ["Hi"], 2), 30.0, take)) == "complete"
    assert [bool(reply.error) for reply in replies] == [True, True]


def test_rounds_run_at_the_same_time_and_engines_of_a_round_in_turn() -> None:
    for at_once in (1, 4):
        gateway = Gateway()
        ending, replies = asked(plan_rounds(["slow", "fast"], ["Hi"], 8), at_once, gateway=gateway)
        assert (ending, len(replies), gateway.most) == ("complete", 16, at_once)
        assert {(reply.engine, reply.round) for reply in replies} == {
            (e, n) for e in ("slow", "fast") for n in range(8)
        }


def test_a_limit_leaves_what_was_asked_by_then() -> None:
    ending, replies = asked(plan_rounds(["slow"], ["Hi"], 1000), 1, PAUSE * 10)
    assert ending == "late"
    assert 0 < len(replies) < 1000


def test_the_first_interrupt_ends_it_and_restores_the_handler() -> None:
    before = signal.getsignal(signal.SIGINT)
    replies: list[Reply] = []

    def report(_: Round, reply: Reply) -> None:
        replies.append(reply)
        if len(replies) == 2:
            os.kill(os.getpid(), signal.SIGINT)

    with serving(Gateway()) as url:
        plan = Plan(f"{url}/v1", "m", ())
        ending = asyncio.run(ask_rounds(plan, ACCESS, plan_rounds(["slow"], ["Hi"], 1000), 30.0, report))
    assert (ending, len(replies)) == ("interrupted", 2)
    assert signal.getsignal(signal.SIGINT) is before


def test_the_models_list() -> None:
    gateway = Gateway(("vllm", "sglang"))
    with serving(gateway) as url:
        assert fetch_entries(f"{url}/v1", ACCESS) == [Entry("m", "vllm"), Entry("m", "sglang")]
    assert gateway.heads[0].startswith("get /v1/models ")


def test_no_models_list() -> None:
    with pytest.raises(InputError, match=r"http://127.0.0.1:9/v1/models: cannot be read: .*; check the URL"):
        fetch_entries("http://127.0.0.1:9/v1", ACCESS)
