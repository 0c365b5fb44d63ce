"""Every manifest of the tests with one field gone or odd: an answer or a line, and no fact that is nowhere written.

`make test` takes a sample, the same each time; `make fuzz` takes a larger one, or all.
"""

from __future__ import annotations

import copy
import io
import json
import random
import re
from collections.abc import Iterator
from typing import Any

import pytest

from llmd_routes.pods.engines import ENGINES

from .fuzzing import count_of, seed_of
from .golden import ERRORS, run
from .test_robustness import ODD, SCENES, places

GONE = object()
LONG = "x" * 1_000_000
MUTATIONS = [GONE, *ODD, LONG, "a" * 300, [[[[]]]], {"a": {"b": {"c": []}}}, "{{ .X }}", "${X:-y}", "'", '"', "\\", "é"]
# What engines do when nothing is said is no guess.
DEFAULTS = {str(engine.port) for engine in ENGINES} | {"8000"}
PLACES = [(scene, number) for scene, objects in enumerate(SCENES) for number, _ in enumerate(places(objects))]
TOTAL = len(PLACES) * len(MUTATIONS)
SAMPLE = 250


def chosen() -> Iterator[int]:
    """Yield the numbers of the mutations that are tried."""
    yield from random.Random(seed_of(20261126)).sample(range(TOTAL), min(TOTAL, count_of(SAMPLE)))


def mutated(number: int) -> list[Any]:
    """Return the objects of a scene with the mutation of a number."""
    place, mutation = divmod(number, len(MUTATIONS))
    scene, position = PLACES[place]
    objects = copy.deepcopy(SCENES[scene])
    container, key = next(each for at, each in enumerate(places(objects)) if at == position)
    value = MUTATIONS[mutation]
    if value is GONE:
        del container[key]
    else:
        container[key] = copy.deepcopy(value)
    return objects


def asked(objects: list[Any], *argv: str) -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.stdin", io.StringIO("\n---\n".join(map(json.dumps, objects))))
        return run(*argv, "-f", "-")


def check(number: int) -> None:
    objects = mutated(number)
    done = asked(objects, "discover", "-o", "json")
    assert done.code in (0, 1, 2), done.stderr
    if done.code == 2:
        fails_well(done)
        return
    text = json.dumps(objects)
    for service in json.loads(done.stdout)["modelServices"]:
        for model in service["models"]:
            parts = [part for part in re.split(r"^publishers/[^/]*/models/", model) if part]
            assert all(json.dumps(part)[1:-1] in text for part in parts), model
        assert all(
            str(port) in text or str(port) in DEFAULTS or service["ports"][0] + at == port
            for at, port in enumerate(service["ports"])
        )
    done = asked(objects, "generate", "--default-engine", "vllm")
    assert done.code in (0, 2), done.stderr
    if done.code == 2:
        fails_well(done)


def fails_well(done: Any) -> None:
    assert done.stdout == ""
    assert done.stderr and all(map(ERRORS.fullmatch, done.stderr.splitlines()))


def test_any_field_may_be_gone_or_odd() -> None:
    for number in chosen():
        try:
            check(number)
        except Exception as error:
            raise AssertionError(f"mutation {number}") from error
