"""Options as groups, late choices, and the variables that stand for options."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from llmd_routes.cli.option_groups import LateChoice, group, name_variables


def command(*, asked: list[int]) -> click.Command:
    def names() -> list[str]:
        asked.append(1)
        return ["a", "b"]

    @click.command()
    @group(
        click.option("--first-one"),
        click.option("--many", multiple=True),
        click.option("--one", type=LateChoice(names)),
    )
    def echo(first_one: str | None, many: tuple[str, ...], one: str | None) -> None:
        click.echo(f"{first_one} {many} {one}")

    name_variables(echo)
    return echo


def test_help_shows_options_in_the_order_of_the_group() -> None:
    shown = CliRunner().invoke(command(asked=[]), ["--help"]).output
    assert shown.index("--first-one") < shown.index("--many") < shown.index("--one [a|b]")


def test_a_late_choice_is_looked_up_when_it_is_needed() -> None:
    asked: list[int] = []
    assert CliRunner().invoke(command(asked=asked), []).output == "None () None\n"
    assert asked == []
    assert CliRunner().invoke(command(asked=asked), ["--one", "c"]).exit_code == 2
    assert CliRunner().invoke(command(asked=asked), ["--one", "b"]).output == "None () b\n"


@pytest.mark.parametrize(
    ("words", "output"), [([], "x ('a', 'b') None\n"), (["--first-one", "y", "--many", "c"], "y ('c',) None\n")]
)
def test_variables_stand_for_options_and_words_win(words: list[str], output: str) -> None:
    env = {"LLMD_ROUTES_FIRST_ONE": "x", "LLMD_ROUTES_MANY": "a b"}
    assert CliRunner().invoke(command(asked=[]), words, env=env).output == output
