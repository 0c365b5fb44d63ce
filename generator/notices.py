"""What a person should know and nothing fails of: a value, without behaviour."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Notice:
    """`code` is stable, `object` names the object or the place, `message` is the fact, `remedy` says what to do."""

    code: str
    object: str
    message: str
    remedy: str
