"""Find a program in the words of a command. Pure."""

from __future__ import annotations

from collections.abc import Sequence


def find(words: Sequence[str], program: tuple[str, ...]) -> int | None:
    """Return where a program stands in the words of a command, or None; `-m` programs are Python modules."""
    first = program[0]
    for index in range(len(words) - len(program) + 1):
        word = words[index]
        if (word if first == "-m" else base(word)) == first and tuple(
            words[index + 1 : index + len(program)]
        ) == program[1:]:
            return index
    return None


def base(word: str) -> str:
    """Return the base name of a program."""
    return word.rpartition("/")[2]
