"""Words of options that no API server would take."""

from __future__ import annotations

import pytest

from llmd_routes.reading.option_checks import check_image, check_namespaces, check_origins, check_paths, repeated


def test_each_value_that_was_given_before() -> None:
    assert list(repeated("--x", ["a", "b", "a", "a"])) == ["--x a: given twice; remove one of them"] * 2


@pytest.mark.parametrize(("path", "is_taken"), [("/v1", True), ("/v1/%20", True), ("/a%2fb", False), ("/a/.", False)])
def test_paths(path: str, is_taken: bool) -> None:
    assert (list(check_paths((path,))) == []) is is_taken


@pytest.mark.parametrize(
    ("origin", "is_taken"), [("*", True), ("https://a.b:1", True), ("https://a/b", False), ("a", False)]
)
def test_origins(origin: str, is_taken: bool) -> None:
    assert (list(check_origins((origin,))) == []) is is_taken


def test_namespaces() -> None:
    assert list(check_namespaces("--x", ("a", "a", "-b", "c" * 64, "d.e"))) == [
        "--x a: given twice; remove one of them",
        "--x -b: invalid namespace name; use a name such as monitoring",
        f"--x {'c' * 64}: invalid namespace name; use a name such as monitoring",
        "--x d.e: invalid namespace name; use a name such as monitoring",
    ]


def test_images() -> None:
    assert list(check_image("--image", "a b")) == [
        "--image 'a b': invalid image; use a name such as registry.example.com/name:v1"
    ]
    assert list(check_image("--image", None)) == list(check_image("--image", "a")) == []
