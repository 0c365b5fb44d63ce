"""Rules without an engine, and their names."""

from __future__ import annotations

from llmd_routes.model.endpoint import Endpoint
from llmd_routes.model.plan import Match, Rule
from llmd_routes.planning.unserved import cut, name_rules, plan_unserved

STATIC = Endpoint("static", catch_all=True)


def test_requests_that_no_engine_serves() -> None:
    (rule,) = plan_unserved(("/v1",), STATIC, 8)
    assert rule.matches == (Match("/v1", guard=True), Match("/v1/models"), Match("/v1"))
    (rule,) = plan_unserved(("/v1",), Endpoint(), 8)
    assert rule.matches == (Match("/v1", guard=True),)


def test_a_rule_for_each_answer() -> None:
    named = list(name_rules(plan_unserved(("/v1", "/v2"), STATIC, 8), ("/v1", "/v2")))
    assert [(rule.name, rule.matches) for rule in named] == [
        ("unserved", (Match("/v1", guard=True), Match("/v2", guard=True))),
        ("models", (Match("/v1/models"), Match("/v2/models"))),
        ("no-model", (Match("/v1"), Match("/v2"))),
    ]


def test_names_are_unique() -> None:
    prefixes = tuple(f"/v{number}" for number in range(5))
    names = [rule.name for rule in name_rules(plan_unserved(prefixes, STATIC, 2), prefixes)]
    assert names[:3] == ["unserved", "unserved-2", "unserved-3"]
    assert len(set(names)) == len(names) == 9


def test_matches_are_cut() -> None:
    matches = [Match(f"/{number}") for number in range(5)]
    assert [len(rule.matches) for rule in cut(matches, (), 2)] == [2, 2, 1]
    assert list(cut([], (), 2)) == []
    assert next(cut(matches, (), 8)) == Rule(tuple(matches))


def test_a_prefix_may_look_like_a_models_list() -> None:
    named = {
        rule.name: [match.path for match in rule.matches]
        for rule in name_rules(plan_unserved(("/x/models",), STATIC, 8), ("/x/models",))
    }
    assert (named["models"], named["no-model"]) == (["/x/models/models"], ["/x/models"])
