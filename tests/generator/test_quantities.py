"""Sizes and durations."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmd_routes.quantities import seconds, shown_size, size_of


@pytest.mark.parametrize(
    ("said", "size"),
    [("1", 1), ("512Ki", 524288), ("2Mi", 2 * 1024**2), ("1Gi", 1024**3), ("0", None), ("2MB", None), ("", None)],
)
def test_sizes(said: str, size: int | None) -> None:
    assert size_of(said) == size


@pytest.mark.parametrize(
    ("said", "length"),
    [
        ("30", 30.0),
        ("1.5", 1.5),
        ("1m30s", 90.0),
        ("250ms", 0.25),
        ("0", 0.0),
        ("", None),
        ("1d", None),
        ("1m 3s", None),
    ],
)
def test_durations(said: str, length: float | None) -> None:
    assert seconds(said) == length


@given(st.text(max_size=12))
def test_no_text_raises(text: str) -> None:
    assert size_of(text) is None or size_of(text) > 0  # type: ignore[operator]
    assert seconds(text) is None or seconds(text) >= 0  # type: ignore[operator]


def test_shown() -> None:
    assert [shown_size(count) for count in (512, 1536, 1024**2, 3 * 1024**2 // 2)] == [
        "0.5 KiB",
        "1.5 KiB",
        "1.0 MiB",
        "1.5 MiB",
    ]
