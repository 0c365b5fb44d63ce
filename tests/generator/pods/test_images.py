"""References of images."""

from __future__ import annotations

import pytest

from llmd_routes.pods.images import repository_of, tag_of


@pytest.mark.parametrize(
    ("image", "repository", "tag"),
    [
        ("vllm/vllm-openai:v1", "vllm/vllm-openai", "v1"),
        ("registry.example:5000/a/b", "registry.example:5000/a/b", ""),
        ("registry.example:5000/a/b:1@sha256:0", "registry.example:5000/a/b", "1"),
        ("a", "a", ""),
        ("", "", ""),
    ],
)
def test_images(image: str, repository: str, tag: str) -> None:
    assert (repository_of(image), tag_of(image)) == (repository, tag)
