"""Objects of any shape give an answer or a line that says what is wrong, never a traceback."""

from __future__ import annotations

import copy
import io
import json
import random
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from .fuzzing import count_of
from .generator.emitted import emitted
from .golden import DATA, ERRORS, folders, run
from .test_generate import loaded

ODD: list[Any] = [
    None,
    "",
    "x",
    "$(X)",
    0,
    -1,
    1.5,
    True,
    [],
    {},
    [None],
    ["x"],
    {"x": None},
    [{}],
    {"": ""},
    "a\nb",
    10**20,
]
SCENES = [loaded((folder / "objects.yaml").read_text(encoding="utf-8")) for folder in folders()]


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every (container, key) below a value."""
    pairs = (
        list(value.items()) if isinstance(value, dict) else list(enumerate(value)) if isinstance(value, list) else []
    )
    for key, child in pairs:
        yield value, key
        yield from places(child)


@settings(max_examples=count_of(100), deadline=None)
@given(st.integers(0, len(SCENES) - 1), st.randoms(use_true_random=False), st.integers(1, 4))
def test_any_field_may_hold_anything(scene: int, order: random.Random, times: int) -> None:
    objects = copy.deepcopy(SCENES[scene])
    for _ in range(times):
        container, key = order.choice(
            [(c, k) for obj in objects for c, k in places(obj) if k not in ("apiVersion", "kind")]
        )
        container[key] = copy.deepcopy(order.choice(ODD))
    check(objects, ["discover", "-f", "-", "-o", "json"], ["generate", "-f", "-"], ["generate", "-f", "-", "-n", "llm"])


def check(objects: list[Any], *commands: list[str]) -> None:
    """Assert that commands which get objects on stdin answer, or print nothing but errors."""
    with pytest.MonkeyPatch.context() as patch:
        for argv in commands:
            patch.setattr("sys.stdin", io.StringIO("\n---\n".join(json.dumps(obj) for obj in objects)))
            done = run(*argv)
            assert done.code in (0, 1, 2), done.stderr
            if done.code == 2:
                assert done.stdout == ""
                assert all(map(ERRORS.fullmatch, done.stderr.splitlines()))


EMITTED = [emitted(name) for name in ("istio", "agentgateway", "envoy-gateway", "envoy")]


@settings(max_examples=count_of(100), deadline=None)
@given(st.integers(0, len(EMITTED) - 1), st.randoms(use_true_random=False), st.integers(1, 4))
def test_commands_about_an_installation_take_any_field(scene: int, order: random.Random, times: int) -> None:
    objects = copy.deepcopy(EMITTED[scene])
    for _ in range(times):
        container, key = order.choice([(c, k) for obj in objects for c, k in places(obj) if k != "kind"])
        container[key] = copy.deepcopy(order.choice(ODD))
    asked = ["http://x/v1/chat/completions?a=1", "-d", '{"model": "m1"}', "-o", "wide"]
    check(objects, ["explain", "-f", "-", *asked], ["doctor", "-f", "-"], ["status", "-f", "-"])
    check(objects, *(["graph", "-f", "-", "-o", output] for output in ("mermaid", "html")))


def test_there_are_scenes() -> None:
    assert len(SCENES) == len(list(DATA.glob("*/objects.yaml"))) > 10
