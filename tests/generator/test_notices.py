"""The table of notices: a row for each code, and what the rows are asked for."""

from __future__ import annotations

from typing import get_args

from llmd_routes.notices import NOTICES, Code, Fact, Notice, barring, is_covered, settled_by
from llmd_routes.problems import Problem


def test_each_code_has_one_row_in_order() -> None:
    assert [row.code for row in NOTICES] == list(get_args(Code)) == sorted(get_args(Code))


def test_what_is_not_routed_is_a_warning() -> None:
    assert {row.severity for row in NOTICES if row.code in barring("routing")} == {"warning"}


def test_each_cause_is_one_clause_of_its_own() -> None:
    causes = [row.cause for row in NOTICES]
    assert len(set(causes)) == len(causes)
    assert not [cause for cause in causes if not cause or cause[-1] in ".:" or len(cause.split()) > 15]


def test_bars_add_up() -> None:
    selector, pool = (
        {"cross-selection", "no-common-label", "not-rendered"},
        {"mixed-pool", "pool-port-mismatch", "pool-selects-nothing", "port-conflict"},
    )
    assert barring("selector", "pool") == selector | pool
    assert barring() == frozenset()


def test_every_fact_that_can_be_said_settles_something() -> None:
    assert all(settled_by(fact) for fact in get_args(Fact))
    assert settled_by("engine", "ports") == {"unknown-engine", "label-lies", "unreadable-port", "port-conflict"}


def test_an_error_covers_the_notices_that_it_includes() -> None:
    wrong_port = Notice("pool-port-mismatch", "ModelService ns/a", "targets 1", "fix")
    error = Problem("ModelService ns/a", "selects both", "fix", "mixed-pool")
    assert is_covered(wrong_port, [wrong_port.problem])
    assert is_covered(wrong_port, [error])
    assert not is_covered(wrong_port, [Problem("ModelService ns/b", "selects both", "fix", "mixed-pool")])
    assert not is_covered(wrong_port, [])
