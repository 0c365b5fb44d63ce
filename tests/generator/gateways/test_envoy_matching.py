"""Which requests a filter of an Envoy reads."""

from __future__ import annotations

import re

import pytest

from llmd_routes.gateways.envoy_matching import patterns_of
from llmd_routes_sidecar.extraction import Settings

PATTERNS = patterns_of(Settings(hosts=("llm.example.com", "*.models.example.com"), prefixes=("/v1", "/openai/$v1/")))


@pytest.mark.parametrize(
    ("path", "is_read"),
    [
        ("/v1", True),
        ("/v1/", True),
        ("/v1?model=m", True),
        ("/v1/chat/completions?a=/models", True),
        ("/openai/$v1/completions", True),
        ("/v1/models", False),
        ("/v1/models?x", False),
        ("/openai/$v1/models/m", False),
        ("/v1/modelsx", True),
        ("/v1x", False),
        ("/x/v1", False),
        ("/openai/v1", False),
    ],
)
def test_paths_of_the_routes_are_read_but_not_the_models_list(path: str, is_read: bool) -> None:
    matches, is_list = (re.fullmatch(pattern, path) is not None for pattern in PATTERNS[:2])
    assert (matches and not is_list) is is_read


@pytest.mark.parametrize(
    ("host", "is_read"),
    [
        ("llm.example.com", True),
        ("LLM.example.com:8443", True),
        ("a.b.models.example.com", True),
        (".models.example.com", False),
        ("models.example.com", False),
        ("llmXexample.com", False),
        ("llm.example.com.evil", False),
    ],
)
def test_hosts_of_the_routes_are_read(host: str, is_read: bool) -> None:
    assert (re.fullmatch(PATTERNS.hosts or "", host) is not None) is is_read


def test_without_hosts_there_is_no_pattern() -> None:
    assert patterns_of(Settings()).hosts is None


def test_the_root_is_a_prefix_of_every_path() -> None:
    assert re.fullmatch(patterns_of(Settings(prefixes=("/",))).paths, "/anything")
