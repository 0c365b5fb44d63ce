"""Engines that compute embeddings or scores, and no text."""

from __future__ import annotations

import pytest

from llmd_routes.pods.arguments import parse
from llmd_routes.pods.engines import by_name
from llmd_routes.pods.pooling import pooling_remarks


@pytest.mark.parametrize(
    ("engine", "words", "option"),
    [
        ("vllm", ["--task", "embed"], "--task embed"),
        ("vllm", ["--task=score"], "--task score"),
        ("vllm", ["--runner", "pooling", "--convert", "classify"], "--runner pooling"),
        ("vllm", ["--task", "generate"], None),
        ("vllm", ["--runner", "auto", "--is-embedding"], None),
        ("sglang", ["--is-embedding", "--port", "1"], "--is-embedding"),
        ("sglang", ["--model-path", "m"], None),
        ("llamacpp", ["--reranking"], "--reranking"),
        ("llamacpp", ["--embeddings", "-m", "m"], "--embeddings"),
        ("tgi", ["--embeddings"], None),
    ],
)
def test_options_of_engines(engine: str, words: list[str], option: str | None) -> None:
    row = by_name(engine)
    facts = [fact for _, fact, _ in pooling_remarks(parse(words, row.grammar), row)]
    assert facts == ([f"{option} makes the engine answer only requests for embeddings or scores"] if option else [])
