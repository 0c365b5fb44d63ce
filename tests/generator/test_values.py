"""What scalars mean to kubectl."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.values import plain, scalar


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None),
        ("~", None),
        ("yes", True),
        ("off", False),
        ("0x1f", 31),
        ("0b11", 3),
        ("010", 8),
        ("0o10", 8),
        ("1_000", 1000),
        ("-5", -5),
        ("1e3", 1000),
        ("1.5", 1.5),
        (".inf", ".inf"),
        ("1:30", "1:30"),
        ("2026-11-27", "2026-11-27"),
        ("1e400", "1e400"),
        ("v1", "v1"),
        # Integers of 64 bits are exact; others are rounded to a decimal number, as kubectl does.
        ("-1000000000000000001", -1000000000000000001),
        ("-9223372036854775808", -(2**63)),
        ("18446744073709551615", 2**64 - 1),
        ("-9223372036854775809", -(2**63)),
        ("18446744073709551617", 2**64),
    ],
)
def test_plain(text: str, value: Any) -> None:
    assert (plain(text), type(plain(text))) == (value, type(value))


@pytest.mark.parametrize(
    ("value", "text"), [(True, "true"), (8000, "8000"), ("x", "x"), (None, None), ([], None), ({}, None)]
)
def test_scalar(value: Any, text: str | None) -> None:
    assert scalar(value) == text
