"""The command that generates the same again."""

from __future__ import annotations

import pytest

from llmd_routes.cli.command_line import command_line
from llmd_routes.cli.generate import generate


def words_of(*argv: str) -> list[str]:
    with generate.make_context("generate", list(argv)) as context:
        return command_line(context)


def test_options_that_were_passed_in_the_order_of_the_help() -> None:
    argv = ["--epp", "deploy", "--default", "vllm", "--namespace", "b", "-n", "a", "-A", "--check", "-q"]
    same = ["-n", "b", "-n", "a", "-A", "--default-engine", "vllm", "--epp", "deploy"]
    assert words_of(*argv) == ["llmd-routes", "generate", *same]
    assert words_of(*same) == ["llmd-routes", "generate", *same]


def test_the_environment_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LLMD_ROUTES_GATEWAY", "a b")
    assert words_of("--listener", "x") == ["llmd-routes", "generate", "--listener", "x"]
