"""The line that stands for the program of a gateway's filter in golden files."""

from __future__ import annotations

from .golden import without_program

HEAD = "spec:\n  inline_string: |\n    local DATA = 1\n\n"


def program(last: str) -> str:
    return (
        "    -- The program: the same everywhere.\n" + "".join(f"    line {n}\n\n" for n in range(10)) + f"    {last}\n"
    )


def test_a_digest_replaces_a_program_and_changes_with_it() -> None:
    one, other = (without_program(f"{HEAD}{program(last)}next: x\n") for last in "ab")
    assert one.startswith(f"{HEAD}    -- The program: 22 lines, SHA-256 ") and one.endswith("\nnext: x\n")
    assert len(one.splitlines()) == 6
    assert one != other


def test_a_text_without_a_program_is_unchanged() -> None:
    for text in (HEAD, f"{HEAD}next: x\n", "spec:\n  other: |\n    body\n"):
        assert without_program(text) == text
