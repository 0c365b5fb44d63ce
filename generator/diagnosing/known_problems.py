"""Choose the notices of discover and generate that describe something broken now, with what clients see. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from llmd_routes.model.findings import Finding
from llmd_routes.notices import Code, Notice, row_of
from llmd_routes.problems import Problem

# Other notices describe what an installation is, or what a run of generate decides.
_IMPACTS: Final[Mapping[Code, str]] = {
    "backend-unresolved": "requests of the rule get 500",
    "cross-selection": "requests reach pods of another ModelService",
    "engine-fields": "requests that name the engine in the body get 400 from the engine",
    "engine-unread": "requests that name the engine only in the body reach the default engine",
    "forms-unread": "requests that name the model only in a form get 400",
    "gateway-timeout": "long answers end with 504",
    "header-removed": "requests that need the header match another rule, or get 404",
    "health-check": "the gateway regards the pods as unhealthy: requests get 503",
    "label-lies": "requests for one engine reach another",
    "mixed-pool": "requests reach pods that do not serve the model: some get 404 from an engine",
    "mixed-router": "requests reach pods that do not serve the model: some get 404 from an engine",
    "model-rewrite": "requests for these names get 404",
    "model-unserved": "requests of the rule get 404 from an engine",
    "no-decode": "requests to the ModelService fail",
    "path-prefix": "requests of the rule get 404 from an engine, or reach paths for operators only",
    "picker-tls": "the gateway cannot ask the endpoint picker: requests get 500, or their pods are chosen without it",
    "picker-unreachable": "the gateway cannot ask the endpoint picker: requests get 500, or bypass it",
    "policy-conflict": "one of the two policies has no effect",
    "pool-port-mismatch": "connections to the pods are refused: requests get 503",
    "pool-selects-nothing": "requests to the pool get 503",
    "port-conflict": "the pods do not start",
    "rule-name": "the gateway asks the endpoint picker of another pool",
    "second-reader": "bodies may arrive incomplete, and the headers are set twice",
    "security-skipped": "requests pass without the authentication that the policy requires",
    "several-pools": "the gateway may ask the endpoint picker of another pool, or may reject every change",
}

_NOTHING: Final = "llmd-routes generate prints nothing, so no route can exist"


def broken_now(notices: Iterable[Notice]) -> Iterator[Finding]:
    """Yield a finding for each notice about something that is broken, in the given order."""
    for notice in notices:
        impact, row = _IMPACTS.get(notice.code), row_of(notice.code)
        if impact is not None and row is not None:
            yield Finding("warning", notice.code, notice.object, "", notice.message, impact, notice.remedy)


def blocked(problems: Iterable[Problem]) -> Iterator[Finding]:
    """Yield a finding for each problem that prevents the output of generate, in the given order."""
    for problem in problems:
        where = problem.object or "llmd-routes generate"
        row = row_of(problem.code)
        cause = row.code if row else "generate-fails"
        yield Finding("error", cause, where, "", problem.fact, _NOTHING, problem.fix)
