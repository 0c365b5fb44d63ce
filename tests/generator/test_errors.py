"""Errors hold their lines, and problems are collected until somebody asks."""

from __future__ import annotations

import pytest

from llmd_routes.errors import InputError, NothingToRoute, PlanError, Problems, RoutesError


def test_one_problem_or_several() -> None:
    assert InputError("a").lines == ("a",)
    assert str(RoutesError(["a", "b"])) == "a\nb"
    assert isinstance(NothingToRoute(), InputError)


def test_problems_are_raised_together_each_once_in_order() -> None:
    problems = Problems()
    problems.raise_if_any()
    problems.add("b", "a")
    problems.add("b")
    with pytest.raises(PlanError) as caught:
        problems.raise_if_any()
    assert caught.value.lines == problems.lines == ("b", "a")


def test_values_are_sifted_from_lines() -> None:
    problems = Problems()
    assert problems.sift([1, "wrong", 2]) == [1, 2]
    assert problems.lines == ("wrong",)
