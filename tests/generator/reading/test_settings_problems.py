"""The line and the fix of what is wrong with a settings file."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmd_routes.reading.settings import Configuration, ModelServiceSettings, Settings
from llmd_routes.reading.settings_problems import keys_of, line_of, model_at

TEXT = """\
# a comment
spec:
  modelServices:
    Deployment/a:
      models: [x,
        y]
  splits: {m: {vllm: -1}}
"""


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("spec",), 2),
        (("spec", "modelServices", "Deployment/a"), 4),
        (("spec", "modelServices", "Deployment/a", "models", 1), 6),
        (("spec", "modelServices", "Deployment/a", "models", 7), 5),
        (("spec", "splits", "m", "vllm"), 7),
        (("spec", "absent", "x"), 2),
        (("absent",), None),
        ((), None),
    ],
)
def test_the_line_of_the_last_key_that_is_there(path: Sequence[str | int], line: int | None) -> None:
    assert line_of(TEXT, path) == line


@given(st.text(max_size=30))
def test_any_text_has_a_line_or_none(text: str) -> None:
    line = line_of(text, ("a", 0))
    assert line is None or 1 <= line <= text.count("\n") + text.count("\r") + text.count("\x85") + 10


def test_the_model_and_its_keys_at_a_path() -> None:
    whole = Configuration[Settings]
    assert model_at(whole, ()) is whole
    assert model_at(whole, ("spec",)) is Settings
    assert model_at(whole, ("spec", "modelServices", "Deployment/a")) is ModelServiceSettings
    assert keys_of(ModelServiceSettings) == [
        "addModels",
        "engine",
        "exclude",
        "models",
        "ownedBy",
        "port",
        "removeModels",
    ]
