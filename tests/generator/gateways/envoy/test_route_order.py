"""Envoy takes its first match, so the routes are in the order of Gateway API's precedence."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from llmd_routes.gateways.envoy.destinations import Target
from llmd_routes.gateways.envoy.route_order import Route, ordered_routes
from llmd_routes.kube.objects import Ref, ServicePort
from llmd_routes.model.plan import Match, PlannedRoute, Rule, Share

OAK, ELM = Share("oak", "", 1, 80), Share("elm", "", 1, 80)
TO_OAK, TO_ELM = Target("service/ns/oak/80", 1), Target("service/ns/elm/80", 1)


def routes(*rules: Rule) -> list[PlannedRoute]:
    return [PlannedRoute(Ref("ns", "HTTPRoute", "r"), rules)]


def test_longer_paths_come_first_and_then_more_headers() -> None:
    rules = (
        Rule((Match("/v1", guard=True),)),
        Rule((Match("/v1", ("m",)), Match("/v1", ("m",), ("oak",))), (OAK,)),
        Rule((Match("/v1/models"),), service=ServicePort("ns", "elm", 80)),
    )
    model, owner = ("x-gateway-model-name", "m"), ("x-owned-by", "oak")
    assert ordered_routes(routes(*rules), {}) == [
        Route("/v1/models", (), (TO_ELM,), repeats=True),
        Route("/v1", (model, owner), (TO_OAK,)),
        # As specific as the guard, which is the earlier rule.
        Route("/v1", (("x-owned-by", None),), ()),
        Route("/v1", (model,), (TO_OAK,)),
    ]


def test_routes_without_a_target_at_the_end_are_left_to_the_last_one() -> None:
    rules = (Rule((Match("/v1", ("m",)),), (OAK,)), Rule((Match("/v1"),)), Rule((Match("/"),)))
    assert [route.path for route in ordered_routes(routes(*rules), {})] == ["/v1"]


PATHS = st.sampled_from(("/", "/v1", "/v1/models", "/openai/v1"))
MATCHES = st.builds(
    Match, PATHS, st.sampled_from(((), ("m",), ("m", "n"))), st.sampled_from(((), ("oak",), ("elm", "oak")))
)
RULES = st.lists(st.builds(Rule, st.tuples(MATCHES), st.sampled_from(((OAK,), (ELM,), ()))), max_size=8)


def specificity(match: Match) -> tuple[int, int]:
    return len(match.path.rstrip("/")), bool(match.models) + bool(match.owners)


@given(RULES, PATHS, st.booleans(), st.booleans())
def test_the_first_match_is_the_most_specific_one(rules: list[Rule], path: str, model: bool, owner: bool) -> None:
    """Compared with a search among all rules: the most specific match, of these the first."""
    sent = ({"x-gateway-model-name": "m"} if model else {}) | ({"x-owned-by": "oak"} if owner else {})

    def is_below(prefix: str) -> bool:
        return f"{path.rstrip('/')}/".startswith(f"{prefix.rstrip('/')}/")

    def takes(match: Match) -> bool:
        wanted = {"x-gateway-model-name": match.models, "x-owned-by": match.owners}
        return is_below(match.path) and all(not any_of or sent.get(name) in any_of for name, any_of in wanted.items())

    fitting = [(rule.matches[0], rule) for rule in rules if takes(rule.matches[0])]
    best = max(fitting, key=lambda pair: specificity(pair[0]), default=None)
    wanted = [share.name for share in best[1].shares] if best else []
    found = ordered_routes(routes(*rules), {})
    named = (route for route in found if is_below(route.path) and dict(route.headers).items() <= sent.items())
    first = next(named, None)
    assert [target.cluster.split("/")[2] for target in (first.targets if first else ())] == wanted
