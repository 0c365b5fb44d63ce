"""Rules and routes: the guard, the pairs, the default engine, and the limits of the API."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.objects import Ref
from llmd_routes.model.naming import route_name
from llmd_routes.model.plan import Attachment, Backend, Keyed, Match, PlannedRoute, Rule, Share
from llmd_routes.planning.routes import plan_routes
from tests.generator.objects import deployment, vllm
from tests.generator.planning.collected import draft

(SERVICE,) = build_inventory([deployment("a", {"a": "b"}, vllm("m"))]).services
GUARD = Match("/v1", guard=True)


def backend(pool: str, owner: str, *models: str, namespace: str = "ns") -> Backend:
    return Backend(Keyed(SERVICE, owner, models), Ref(namespace, "InferencePool", pool), "inference.networking.k8s.io")


def plan(*backends: Backend, prefixes: tuple[str, ...] = ("/v1",), most: int = 8) -> list[PlannedRoute]:
    defaults: dict[str, str] = {}
    for one in backends:
        for model in one.keyed.models:
            defaults.setdefault(model, one.keyed.owner)
    return plan_routes(draft(*backends, defaults=defaults, prefixes=prefixes), most)


def pools(rule: Rule) -> list[str]:
    return [share.name for share in rule.shares]


def test_guard_then_pairs_then_the_default() -> None:
    (route,) = plan(backend("p", "vllm", "m"), backend("q", "sglang", "m"))
    assert route.ref == Ref("ns", "HTTPRoute", "ns.gw")
    assert [(pools(rule), rule.matches) for rule in route.rules] == [
        ([], (GUARD,)),
        (["p"], (Match("/v1", ("m",), ("vllm",)), Match("/v1", ("m",)))),
        (["q"], (Match("/v1", ("m",), ("sglang",)),)),
    ]


def test_every_prefix_is_matched_and_guarded() -> None:
    (route,) = plan(backend("p", "vllm", "m"), prefixes=("/v1", "/v2"))
    assert [match.path for rule in route.rules for match in rule.matches] == ["/v1", "/v2"] * 3
    assert route.rules[0].matches == (Match("/v1", guard=True), Match("/v2", guard=True))


def test_routes_stand_beside_their_pools() -> None:
    routes = plan(backend("p", "vllm", "m", namespace="b"), backend("q", "sglang", "m", namespace="a"))
    assert [str(route.ref) for route in routes] == ["HTTPRoute a/ns.gw", "HTTPRoute b/ns.gw"]
    assert all(route.rules[0].matches == (GUARD,) for route in routes)


def test_a_route_for_each_service() -> None:
    backends = [backend("p", "vllm", "m"), backend("q", "sglang", "m"), backend("p", "vllm", "m", namespace="b")]
    routes = plan_routes(draft(*backends, defaults={"m": "vllm"}), 8, per_service=True)
    assert [str(route.ref) for route in routes] == [
        "HTTPRoute b/ns.gw.p",
        "HTTPRoute ns/ns.gw.p",
        "HTTPRoute ns/ns.gw.q",
    ]
    assert all(route.rules[0].matches == (GUARD,) for route in routes)
    long = plan_routes(draft(backend("p" * 63, "vllm", "m"), defaults={"m": "vllm"}), 8, per_service=True)
    assert len(long[0].ref.name) == 63


def test_two_services_of_one_pool_share_its_rule() -> None:
    (route,) = plan(backend("p", "vllm", "m"), backend("p", "vllm", "n"))
    assert [pools(rule) for rule in route.rules] == [[], ["p"]]


@pytest.mark.parametrize("most", [8, 64])
@pytest.mark.parametrize("count", [1, 17, 129, 1000])
def test_limits(count: int, most: int) -> None:
    routes = plan(*(backend(f"p{n:04}", "vllm", f"m{n}", f"n{n}") for n in range(count)), most=most)
    held(routes, most)
    assert sum(bool(match.owners) for r in routes for rule in r.rules for match in rule.matches) == 2 * count
    assert len(routes) == -(-count // 15)
    assert [route.ref.name for route in routes[:2]] == ["ns.gw", "ns.gw-2"][: count // 15 + 1][:2]


def held(routes: list[PlannedRoute], most: int) -> None:
    for route in routes:
        assert len(route.rules) <= 16
        assert all(len(rule.matches) <= most for rule in route.rules)
        assert sum(len(rule.matches) for rule in route.rules) <= 128
        assert all(match.guard for match in route.rules[0].matches)


@given(
    st.lists(st.integers(1, 200), min_size=1, max_size=20),
    st.integers(1, 8),
    st.sampled_from([8, 64]),
)
def test_no_match_is_lost(sizes: list[int], paths: int, most: int) -> None:
    prefixes = tuple(f"/v{n}" for n in range(paths))
    backends = [backend(f"p{n}", "vllm", *(f"m{n}-{i}" for i in range(size))) for n, size in enumerate(sizes)]
    routes = plan(*backends, prefixes=prefixes, most=most)
    held(routes, most)
    made = [(rule.shares[0][:2], match) for route in routes for rule in route.rules[1:] for match in rule.matches]
    assert len(set(made)) == len(made) == 2 * paths * sum(sizes)


@given(st.permutations([backend(f"p{n}", owner, "m", f"n{n}") for n, owner in enumerate("abcd")]))
def test_the_order_of_services_does_not_matter(backends: list[Backend]) -> None:
    defaults = {"m": "a", "n0": "a", "n1": "b", "n2": "c", "n3": "d"}
    in_order = sorted(backends, key=lambda b: b.target)
    assert plan_routes(draft(*backends, defaults=defaults), 8) == plan_routes(draft(*in_order, defaults=defaults), 8)


def test_route_names_keep_within_a_label() -> None:
    assert route_name("a", 1) == "a"
    assert route_name("a", 12) == "a-12"
    names = {route_name("x" * 63, number) for number in range(1, 102)}
    assert len(names) == 101
    assert {len(name) for name in names} == {63}


def test_owner_keys_may_differ_for_one_engine() -> None:
    one = backend("p", "team-a", "m")
    (route,) = plan(one, replace(one, keyed=replace(one.keyed, owner="team-b"), target=Ref("ns", "InferencePool", "q")))
    assert [match.owners for rule in route.rules[1:] for match in rule.matches] == [("team-a",), (), ("team-b",)]


def test_a_guard_stays_first_where_exact_values_are_preferred() -> None:
    """Envoy Gateway prefers exact values, so the match of a model alone has a pattern, as the guard has."""
    attached = Attachment(Ref("ns", "Gateway", "gw"), "envoy-gateway")
    to_service = replace(backend("s", "vllm", "m"), target=Ref("ns", "Service", "s"), port=80)
    (route,) = plan_routes(draft(to_service, attached=[attached], defaults={"m": "vllm"}), 8)
    matches = (Match("/v1", ("m",), ("vllm",)), Match("/v1", ("m",), as_pattern=True))
    assert [rule.matches for rule in route.rules] == [(GUARD,), matches]


def test_a_split_has_a_rule_of_its_own() -> None:
    group = "inference.networking.k8s.io"
    backends = [backend("p", "vllm", "m", "n"), backend("q", "sglang", "m"), backend("q", "tgi", "m")]
    weights = {"m": {"vllm": 70, "sglang": 20, "tgi": 10}}
    split = Rule((Match("/v1", ("m",)),), (Share("p", group, 70), Share("q", group, 30)))
    for per_service in (False, True):
        routes = plan_routes(
            draft(*backends, defaults=dict.fromkeys("mn", "vllm"), splits=weights), 8, per_service=per_service
        )
        assert routes[0].ref.name == "ns.gw"
        assert (routes[0].rules[0].matches, routes[0].rules[-1]) == ((GUARD,), split)
        matches = [match for route in routes for rule in route.rules for match in rule.matches]
        assert matches.count(Match("/v1", ("m",))) == matches.count(Match("/v1", ("n",))) == 1
