"""Prefixes that engines do not serve: which are rewritten, to what, and which get a warning."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmd_routes.model.plan import Match, Rule, Share
from llmd_routes.planning.path_rewrites import plan_rewrites, rewrite_rules, unserved_prefixes
from tests.generator.options import to_options

POOL = (Share("p", "inference.networking.k8s.io"),)


@pytest.mark.parametrize(
    ("prefix", "served"),
    [
        ("/openai/v1", "/v1"),
        ("/a/b/v1", "/v1"),
        ("/llm/v1/chat/completions", "/v1/chat/completions"),
        ("/v1", None),
        ("/v1/embeddings", None),
        ("/inference/v1", None),
        ("/rerank", None),
        ("/a/v10", None),
        ("/av1", None),
        ("/", None),
    ],
)
def test_what_is_rewritten(prefix: str, served: str | None) -> None:
    assert plan_rewrites(to_options(path_prefixes=(prefix,))) == ({prefix: served} if served else {})
    assert plan_rewrites(to_options(path_prefixes=(prefix,), keep_path=True)) == {}


@pytest.mark.parametrize(
    ("prefix", "is_reported"),
    [
        ("/llm", True),
        ("/a/v10", True),
        ("/rerankers", True),
        ("/rerank", False),
        ("/v1", False),
        ("/openai/v1", False),
        ("/", False),
    ],
)
def test_a_prefix_that_no_engine_serves(prefix: str, is_reported: bool) -> None:
    fixes = [notice.remedy for notice in unserved_prefixes([prefix])]
    assert fixes == ([f"--path-prefix {prefix}/v1, which is rewritten to /v1"] if is_reported else [])


def test_a_rewritten_match_has_a_rule_of_its_own() -> None:
    rule = Rule((Match("/x/v1", ("m",), ("vllm",)), Match("/v1", ("m",), ("vllm",)), Match("/x/v1", ("m",))), POOL)
    assert list(rewrite_rules([rule], {"/x/v1": "/v1"})) == [
        Rule((Match("/v1", ("m",), ("vllm",)),), POOL),
        Rule((Match("/x/v1", ("m",), ("vllm",)),), POOL, rewrite="/v1"),
        Rule((Match("/x/v1", ("m",)),), POOL, rewrite="/v1"),
    ]


MATCHES = st.builds(Match, st.sampled_from(["/v1", "/x/v1", "/y/v1"]), st.sampled_from(["a", "b"]))


@given(st.lists(st.builds(Rule, st.lists(MATCHES, min_size=1, max_size=8).map(tuple), st.just(POOL))))
def test_no_match_is_lost_and_a_rewrite_is_alone(rules: list[Rule]) -> None:
    rewritten = list(rewrite_rules(rules, {"/x/v1": "/v1", "/y/v1": "/v1"}))
    before, after = ([match for rule in each for match in rule.matches] for each in (rules, rewritten))
    assert sorted(before, key=repr) == sorted(after, key=repr)
    for rule in rewritten:
        assert (rule.rewrite is None) == all(match.path == "/v1" for match in rule.matches)
        assert rule.rewrite is None or len(rule.matches) == 1
