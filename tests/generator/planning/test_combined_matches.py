"""Matches of one pool, combined."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from llmd_routes.model.plan import Match
from llmd_routes.planning.combined_matches import combine_matches
from llmd_routes.text.header_patterns import pattern_of

MODELS, OWNERS = st.sampled_from("abcd"), st.sampled_from(("vllm", "default", "sglang"))
MATCHES = st.lists(
    st.builds(Match, st.sampled_from(("/v1", "/v2")), st.tuples(MODELS), st.one_of(st.just(()), st.tuples(OWNERS)))
)


def single(path: str, model: str, *owner: str) -> Match:
    return Match(path, (model,), owner)


def test_models_with_the_same_owners_share_a_match() -> None:
    matches = [single("/v1", model, owner) for owner in ("vllm", "default") for model in ("b", "a")]
    assert combine_matches(matches) == [Match("/v1", ("b", "a"), ("default", "vllm"))]


def test_models_with_other_owners_have_their_own() -> None:
    matches = [single("/v1", "a", "vllm"), single("/v1", "b", "vllm"), single("/v1", "b", "default")]
    assert combine_matches(matches) == [single("/v1", "a", "vllm"), Match("/v1", ("b",), ("default", "vllm"))]


def test_a_model_alone_is_not_combined_with_an_owner() -> None:
    """A request without an owner header matches the model alone, so it has a match of its own, behind the others."""
    matches = [single("/v1", "a", "vllm"), single("/v1", "a"), single("/v1", "b")]
    assert combine_matches(matches) == [single("/v1", "a", "vllm"), Match("/v1", ("a", "b"))]


def test_a_match_without_a_model_is_kept() -> None:
    matches = [Match("/v1", guard=True), Match("/")]
    assert combine_matches(matches) == matches


def test_a_pattern_is_not_longer_than_the_api_allows() -> None:
    models = [f"{number:0500}" for number in range(20)]
    combined = combine_matches(single("/v1", model, "vllm") for model in models)
    assert [model for match in combined for model in match.models] == models
    assert len(combined) == 3
    assert all(len(pattern_of(match.models)) <= 4096 for match in combined)


@given(MATCHES)
def test_the_same_requests_match(matches: list[Match]) -> None:
    def taken(each: list[Match]) -> set[tuple[str, str | None, str | None]]:
        return {(match.path, *pair) for match in each for pair in match.pairs}

    combined = combine_matches(matches)
    assert taken(combined) == taken(matches)
    pairs = [(match.path, *pair) for match in combined for pair in match.pairs]
    assert len(pairs) == len(set(pairs))
