"""Options in sections, late choices, and environment variables for options."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

from llmd_routes.cli.command import SectionedCommand
from llmd_routes.cli.option_groups import SECTIONS, LateChoice, chain, name_variables, section
from tests.golden import run


def command(*, asked: list[int]) -> click.Command:
    def names() -> list[str]:
        asked.append(1)
        return ["a", "b"]

    @click.command(cls=SectionedCommand)
    @chain(
        section(SECTIONS[1], click.option("--first-one"), click.option("--many", multiple=True)),
        section(SECTIONS[0], click.option("--one", type=LateChoice(names))),
    )
    def echo(first_one: str | None, many: tuple[str, ...], one: str | None) -> None:
        click.echo(f"{first_one} {many} {one}")

    name_variables(echo)
    return echo


def test_help_shows_sections_in_their_order_and_options_in_the_order_of_a_section() -> None:
    shown = CliRunner().invoke(command(asked=[]), ["--help"]).output
    places = [
        f"{SECTIONS[0]}:",
        "--one [a|b]",
        f"{SECTIONS[1]}:",
        "--first-one",
        "--many",
        f"{SECTIONS[-1]}:",
        "--help",
    ]
    assert sorted(places, key=shown.index) == places
    assert "Options:" not in shown


def test_every_option_of_generate_has_a_section_of_its_own_kind() -> None:
    shown = run("generate", "--help").stdout
    assert [line for line in shown.splitlines() if line.endswith(":") and not line.startswith(" ")] == [
        f"{title}:" for title in SECTIONS if title not in ("Request", "Measurement", "Probe")
    ]


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
