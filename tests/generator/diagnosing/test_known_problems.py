"""Only notices about something that is broken now become findings."""

from __future__ import annotations

from llmd_routes.diagnosing.known_problems import _IMPACTS, broken_now
from llmd_routes.notices import Notice, row_of


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
