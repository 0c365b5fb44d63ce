"""A problem on one line, and back."""

from __future__ import annotations

from llmd_routes.errors import InputError
from llmd_routes.notices import Notice
from llmd_routes.problems import Problem, problem_of


def test_a_problem_is_a_line() -> None:
    assert str(Problem("Gateway ns/gw", "unknown class", "pass --implementation")) == (
        "Gateway ns/gw: unknown class; pass --implementation"
    )
    assert str(Problem("", "no Gateway", "")) == "no Gateway"


def test_the_fix_of_a_line_is_what_follows_its_last_semicolon() -> None:
    assert problem_of("a: b; c; d") == Problem("", "a: b; c", "d")
    assert problem_of("a: b") == Problem("", "a: b", "")
    assert problem_of("Gateway ns/gw: b: c; d") == Problem("Gateway ns/gw", "b: c", "d")
    assert problem_of("ModelService a+b: c") == Problem("ModelService a+b", "c", "")


def test_errors_hold_problems() -> None:
    problem = Problem("a", "b", "c", "tls")
    assert InputError(problem).problems == (problem,)
    assert InputError(["x; y", problem]).problems == (Problem("", "x", "y"), problem)


def test_a_notice_is_printed_as_a_problem() -> None:
    notice = Notice("tls", "ModelService a", "serves TLS", "use TLS", ("ModelService b",), "both serve TLS")
    assert notice.problem == Problem(
        "ModelService a", "serves TLS", "use TLS", "tls", ("ModelService b",), "both serve TLS"
    )
