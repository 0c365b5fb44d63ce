"""What stands in golden files in place of the program of a gateway."""

from __future__ import annotations

from .golden import without_program

HEAD = "spec:\n  inline_string: |\n"


def program(last: str) -> str:
    return "".join(f"    line {n}\n\n" for n in range(10)) + f"    {last}\n"


def test_a_digest_stands_for_a_program_and_changes_with_it() -> None:
    one, other = (without_program(f"{HEAD}{program(last)}next: x\n") for last in "ab")
    assert one.startswith(f"{HEAD}    -- 21 lines, SHA-256 ") and one.endswith("\nnext: x\n")
    assert len(one.splitlines()) == 4
    assert one != other


def test_what_is_short_or_no_program_stays() -> None:
    for text in (f"{HEAD}    a body\nnext: x\n", f"spec:\n  other: |\n{program('a')}"):
        assert without_program(text) == text
