"""Prompts of files, and those that are made."""

from __future__ import annotations

import pytest

from llmd_routes.comparing.prompts import make_prompts, read_prompts
from llmd_routes.errors import InputError


def test_made_prompts_share_no_beginning() -> None:
    prompts = make_prompts(50)
    assert len({prompt.partition(" ")[0] for prompt in prompts}) == 50


def test_a_prompt_per_line() -> None:
    assert read_prompts("One\n\n  Two \r\nThree\u2028line", "p.txt") == ["One", "Two", "Three\u2028line"]


def test_json_lines() -> None:
    assert read_prompts('{"prompt": "a\\nb"}\n\n{"prompt": "c", "id": 1}\n', "p.jsonl") == ["a\nb", "c"]


@pytest.mark.parametrize(
    ("text", "source", "error"),
    [
        ("\n \n", "p.txt", "p.txt: has no prompts"),
        ('{"prompt": "a"}\n\n{"text": "b"}', "p.jsonl", "p.jsonl, line 3: invalid prompt"),
        ("plain", "p.jsonl", "p.jsonl, line 1: invalid prompt"),
        ("[" * 100_000, "p.jsonl", "p.jsonl, line 1: invalid prompt"),
    ],
)
def test_invalid(text: str, source: str, error: str) -> None:
    with pytest.raises(InputError) as raised:
        read_prompts(text, source)
    assert error in str(raised.value)
