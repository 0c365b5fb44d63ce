"""No body is routed by one model and run as another: every carrier beside the parsers of engines.

Each request also names a model in its query, which no engine reads.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

import pytest

from llmd_routes_sidecar.extraction import Decision, Settings, decide
from llmd_routes_sidecar.owners import INVALID_MODEL, is_usable
from llmd_routes_sidecar.request_head import Request
from tests.generator.luajit import Filter

from .engines import REFUSED, model_of_form, model_of_json
from .mutations import QUERY, Mutant, form_mutants, json_mutants

COUNT = 100_000 if os.environ.get("FUZZ") else 5_000
Carrier = Callable[[Request, bytes], Decision]


@pytest.fixture(scope="module", params=["service", "luajit21", "lua51"])
def carrier(request: pytest.FixtureRequest) -> Carrier:
    """What decides: the external service, or the filter in one of the two Luas that gateways run."""
    if request.param == "service":
        return lambda asked, body: decide(asked, Settings(), min, body)
    lua = Filter(Settings(), request.param)
    return lambda asked, body: lua.decide(asked, body)[0]


def routed(carrier: Carrier, mutant: Mutant) -> str | None:
    """Return the model that a route is chosen by, None if the request is refused or has none."""
    headers = (("content-type", mutant.content_type),) if mutant.content_type else ()
    return carrier(Request("POST", "h", QUERY, headers), mutant.body).model


def agrees(route: str | None, run: Any) -> bool:
    """Return whether a route's model is the model that an engine runs; the query counts where the body names none."""
    if route is None or run == REFUSED:
        return True
    if run in (None, ""):
        return route == "query"
    return route == run if isinstance(run, str) and is_usable(run) else route == INVALID_MODEL


def compare(carrier: Carrier, mutants: Iterable[Mutant], run: Callable[[Mutant], Any]) -> Counter[str]:
    """Compare all, and return how many had a route by the body, by the query, or none."""
    counts: Counter[str] = Counter()
    for mutant in mutants:
        route, ran = routed(carrier, mutant), run(mutant)
        assert agrees(route, ran), (mutant, route, ran)
        counts["none" if route is None else "query" if route == "query" else "body"] += 1
    return counts


def test_json(carrier: Carrier) -> None:
    counts = compare(carrier, json_mutants(COUNT, 20261127), lambda mutant: model_of_json(mutant.body))
    assert min(counts["body"], counts["query"], counts["none"]) > 50, counts


# starlette leaves files open when a form ends early.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_forms(carrier: Carrier) -> None:
    counts = compare(carrier, form_mutants(COUNT, 20261127), lambda each: model_of_form(each.content_type, each.body))
    assert min(counts["body"], counts["query"], counts["none"]) > 50, counts
