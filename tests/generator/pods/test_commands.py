"""Where the values of a command come from."""

from __future__ import annotations

from typing import Any

import pytest

from tests.generator.objects import vllm
from tests.generator.pods.building import from_maps, serve


@pytest.mark.parametrize(
    ("told", "more"),
    [
        # The later of two sources counts, and `env` before both.
        (("b",), {"envFrom": from_maps("a", "b")}),
        (("a",), {"envFrom": from_maps("b", "a")}),
        (("l",), {"envFrom": from_maps("a", "gone"), "env": [{"name": "M", "value": "l"}]}),
        # What is not there would replace it.
        ((), {"envFrom": from_maps("a", "gone")}),
        ((), {"envFrom": from_maps("a"), "env": [{"name": "M", "valueFrom": {"secretKeyRef": {"name": "s"}}}]}),
        (("b",), {"envFrom": from_maps("gone", "b")}),
        # The last of two entries counts.
        ((), {"env": [{"name": "M", "value": "l"}, {"name": "M", "valueFrom": {"fieldRef": {"fieldPath": "x"}}}]}),
    ],
)
def test_which_source_of_a_variable_counts(told: tuple[str, ...], more: Any) -> None:
    assert serve(vllm("$(M)", **more), maps={"a": {"M": "a"}, "b": {"M": "b"}}).served.models == told


@pytest.mark.parametrize(
    ("why", "more"),
    [
        ("ConfigMap c is not in the input", {"envFrom": [{"configMapRef": {"name": "c"}}]}),
        ("ConfigMap c is not in the input", {"env": [{"name": "M", "valueFrom": {"configMapKeyRef": {"name": "c"}}}]}),
        (
            "ConfigMap there has no k",
            {"env": [{"name": "M", "valueFrom": {"configMapKeyRef": {"name": "there", "key": "k"}}}]},
        ),
        (
            "Secret s, which llmd-routes never reads",
            {"env": [{"name": "M", "valueFrom": {"secretKeyRef": {"name": "s"}}}]},
        ),
        ("known only at run time", {"env": [{"name": "M", "valueFrom": {"fieldRef": {"fieldPath": "x"}}}]}),
        ("has no known value", {}),
    ],
)
def test_why_a_variable_has_no_value(why: str, more: Any) -> None:
    ((code, message, _),) = serve(vllm("$(M)", **more), maps={"there": {}}).remarks
    assert code == "unreadable-model"
    assert message.endswith(why)
