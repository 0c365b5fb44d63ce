"""Only notices about something that is broken now become findings."""

from __future__ import annotations

from llmd_routes.diagnosing.known_problems import _IMPACTS, blocked, broken_now
from llmd_routes.notices import Notice, row_of
from llmd_routes.problems import Problem


def test_what_is_broken_has_an_impact() -> None:
    (found,) = broken_now([Notice("pool-port-mismatch", "InferencePool ns/p", "fact", "fix")])
    assert (found.severity, found.cause, found.object) == ("warning", "pool-port-mismatch", "InferencePool ns/p")
    assert (found.fact, found.impact, found.fix) == (
        "fact",
        "connections to the pods are refused: requests get 503",
        "fix",
    )


def test_what_an_installation_merely_is_is_no_finding() -> None:
    assert list(broken_now([Notice("already-routed", "x", "fact", "fix"), Notice("simulator", "x", "", "")])) == []


def test_informations_are_never_broken() -> None:
    rows = [row_of(code) for code in _IMPACTS]
    assert {row.severity for row in rows if row is not None} == {"warning"}
    assert None not in rows


def test_what_prevents_routes_is_an_error() -> None:
    first, second = blocked([Problem("ModelService ns/a", "fact", "fix", "no-common-label"), Problem("", "x", "y")])
    assert (first.severity, first.cause, first.object) == ("error", "no-common-label", "ModelService ns/a")
    assert (second.cause, second.object, second.fix) == ("generate-fails", "llmd-routes generate", "y")
