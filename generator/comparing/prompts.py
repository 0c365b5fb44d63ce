"""Read prompts from a text, or make them. Pure, no I/O."""

from __future__ import annotations

import json
from typing import Any, Final

from llmd_routes.errors import InputError

# Questions of several lengths whose answers are longer than any usual limit of tokens.
_TOPICS: Final = (
    "Explain quantum computing.",
    "Describe how a bill becomes a law, step by step.",
    "Write a story about a lighthouse keeper who finds a letter in a bottle.",
    "Compare the planets of the solar system by size, composition and distance from the sun. Use a table.",
    "Write a Python program that reads a CSV file and prints the mean of each column. Explain each function.",
    "I plan to move from a small town to a large city. List the advantages and disadvantages for work, health, costs "
    "and friendships, and suggest how I should decide.",
    "Summarize the history of the printing press, from its precursors in Asia to its effects on science in Europe, and "
    "name three inventions of later centuries with similar effects.",
    "A shop sells apples for 2, pears for 3 and melons for 7 coins. A customer has 100 coins and wants at least five "
    "of each fruit. Find the purchase with the most pieces of fruit, and show each step of the calculation.",
)


def make_prompts(count: int) -> list[str]:
    """Return `count` different prompts, which share no beginning, so that no cache of prefixes applies."""
    return [f"{number}. {_TOPICS[number % len(_TOPICS)]}" for number in range(1, count + 1)]


def read_prompts(text: str, source: str) -> list[str]:
    """Return the prompts of a text: one per line, or per line a JSON object with the field `prompt` (`*.jsonl`).

    Empty lines are skipped. Raises InputError with the line that is invalid, and if the text has no prompt.
    """
    lines = [(number, line.strip()) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
    if not lines:
        raise InputError(f"{source}: has no prompts; write one prompt per line")
    if not source.endswith(".jsonl"):
        return [line for _, line in lines]
    prompts = [(number, _prompt(line)) for number, line in lines]
    invalid = [number for number, prompt in prompts if prompt is None]
    if invalid:
        raise InputError(f'{source}, line {invalid[0]}: invalid prompt; use {{"prompt": "TEXT"}}')
    return [prompt for _, prompt in prompts if prompt is not None]


def _prompt(line: str) -> str | None:
    try:
        value: Any = json.loads(line)
    except (ValueError, RecursionError):
        return None
    prompt = value.get("prompt") if isinstance(value, dict) else None
    return prompt if isinstance(prompt, str) and prompt.strip() else None
