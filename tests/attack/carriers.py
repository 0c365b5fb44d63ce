"""What decides a request's model, and whether that is the model that an engine runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from llmd_routes_sidecar.extraction import Decision, Settings, decide
from llmd_routes_sidecar.owners import INVALID_MODEL, is_usable
from llmd_routes_sidecar.request_head import Request
from tests.generator.luajit import Filter

from .engines import REFUSED
from .mutations import QUERY, Mutant

# The external service, and the filter in the two Luas that gateways run.
CARRIERS = ("service", "luajit21", "lua51")
Carrier = Callable[[Request, bytes], Decision]


def carrier_of(name: str) -> Carrier:
    """Return one of CARRIERS."""
    if name == "service":
        return lambda asked, body: decide(asked, Settings(), min, body)
    lua = Filter(Settings(), name)
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
