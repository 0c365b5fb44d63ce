"""Errors of click as object, fact and fix."""

from __future__ import annotations

import click
import pytest

from llmd_routes.cli.usage import usage_problem
from llmd_routes.problems import Problem


@click.group()
def program() -> None:
    pass


@program.command()
@click.option("--mode", "-m", type=click.Choice(["fast", "slow"]), envvar="MODE")
@click.option("--size", type=int)
@click.option("--check/--no-check", default=False, envvar="CHECK")
@click.argument("shell", type=click.Choice(["sh"]))
def run(**_: object) -> None:
    pass


@pytest.mark.parametrize(
    ("words", "environment", "problem"),
    [
        ("rum", {}, Problem("rum", "unknown command", "use run")),
        ("other", {}, Problem("other", "unknown command", "see program --help")),
        ("run --mod fast", {}, Problem("--mod", "unknown option", "use --mode")),
        ("run -m", {}, Problem("-m", "requires a value", "see llmd-routes --help")),
        ("run -m medium sh", {}, Problem("--mode medium", "invalid value", "use one of fast, slow")),
        ("run sh", {"MODE": "x"}, Problem("MODE x", "invalid value", "use one of fast, slow")),
        ("run sh", {"CHECK": "x"}, Problem("CHECK", "invalid value", "use true or false")),
        (
            "run --size x sh",
            {},
            Problem("--size", "invalid value: 'x' is not a valid integer", "see program run --help"),
        ),
        ("run", {}, Problem("shell", "missing", "see program run --help")),
        ("run ksh", {}, Problem("shell ksh", "invalid value", "use one of sh")),
        ("run sh a b", {}, Problem("a b", "unexpected argument", "remove it; see program run --help")),
    ],
)
def test_usage_errors(
    words: str, environment: dict[str, str], problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(click.ClickException) as raised:
        program.main(words.split(), prog_name="program", standalone_mode=False)
    assert usage_problem(raised.value) == problem
