"""Find rules of generated routes whose requests go elsewhere: predict a request for each model and engine. Pure.

The predictions are those of `llmd-routes explain`: another route may take precedence, a policy may remove a header, or
nothing may read bodies.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from llmd_routes.explaining.entrances import Door
from llmd_routes.explaining.surroundings import Surroundings
from llmd_routes.explaining.trials import Trial, backends_meant, predict_trials
from llmd_routes.kube.objects import Ref
from llmd_routes.model.explanation import Candidate, Explanation
from llmd_routes.model.findings import Finding
from llmd_routes.model.gateways import Route

_NARROW: Final = "pass --hostname or --path-prefix to generate"


def judge_reachability(door: Door, around: Surroundings) -> Iterator[Finding]:
    """Yield a finding for the first request of each rule that does not reach the backends of the rule."""
    reported: set[tuple[Ref, int]] = set()
    routes = {route.ref: route for route in door.routes}
    for trial, explanation in predict_trials(door, around):
        place = trial.route.ref, trial.rule
        if not explanation.doubts and _is_lost(trial, explanation) and place not in reported:
            reported.add(place)
            yield _lost(trial, explanation, routes)


def _is_lost(trial: Trial, explanation: Explanation) -> bool:
    """Return whether a request does not reach what its rule leads to; faults of the backends are other findings."""
    if explanation.winner is None:
        return True
    if (explanation.winner.route, explanation.winner.rule) == (trial.route.ref, trial.rule):
        return False
    return {each.backend for each in explanation.destinations} != backends_meant(trial)


def _lost(trial: Trial, explanation: Explanation, routes: dict[Ref, Route]) -> Finding:
    field = f"spec.rules[{trial.rule - 1}]"
    winner, outcome = explanation.winner, explanation.outcome
    if winner is None:
        fact, fix = f"no rule matches a request for {trial.subject}", outcome.fix or "run llmd-routes explain for it"
    else:
        step = next((each.lost_by for each in explanation.candidates if _is_meant(each, trial) and each.lost_by), "")
        fact = f"rule {winner.rule} of {winner.route} captures requests for {trial.subject}"
        fact += f", because of {step}" if step else ""
        place = routes[winner.route].place_of(winner.rule - 1, "matches")
        fix = f"{_NARROW}, or narrow {place}"
    impact = f"clients get {outcome.status}: {outcome.reason}" if outcome.status else f"{outcome.by} answers it"
    return Finding("error", "unreachable-rule", str(trial.route.ref), field, fact, impact, fix)


def _is_meant(candidate: Candidate, trial: Trial) -> bool:
    return (candidate.route, candidate.rule) == (trial.route.ref, trial.rule)
