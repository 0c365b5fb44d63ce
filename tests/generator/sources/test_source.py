"""Parts of services: their names, roles and order."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.kube.objects import Ref
from llmd_routes.sources.source import Part, hint_of, main_part, roles_of, strip_role, strip_role_word


def part(name: str, *roles: str) -> Part:
    server: Any = None
    return Part(Ref("ns", "Deployment", name), "ns", server, (), roles=roles)


@pytest.mark.parametrize(
    ("name", "base"), [("a-decode", "a"), ("a-prefill", "a"), ("decode", "decode"), ("-decode", "-decode")]
)
def test_names_without_role(name: str, base: str) -> None:
    assert strip_role(name) == base


@pytest.mark.parametrize(
    ("name", "labels", "role", "roles"),
    [
        ("a-decode", {}, None, ("decode",)),
        ("a-decode", {"llm-d.ai/role": "prefill"}, "encode", ("prefill",)),
        ("a", {}, "encode", ("encode",)),
        ("a", {}, None, ()),
        ("a", {"llm-d.ai/role": "${ROLE}"}, None, ()),
        ("a-decode", {"llm-d.ai/role": "${ROLE}"}, None, ("decode",)),
        ("a", {"llm-d.ai/role": "{{ .Role }}"}, "prefill", ("prefill",)),
    ],
)
def test_roles(name: str, labels: dict[str, str], role: str | None, roles: tuple[str, ...]) -> None:
    assert roles_of(name, labels, role) == roles


@pytest.mark.parametrize(
    ("name", "rest"),
    [
        ("oak-decode-main", "oak-main"),
        ("prefill-oak", "oak"),
        ("oak-decode-prefill", "oak-prefill"),
        ("decode", "decode"),
        ("oak-decoder", "oak-decoder"),
        ("oak", "oak"),
    ],
)
def test_names_without_a_word_that_is_a_role(name: str, rest: str) -> None:
    assert strip_role_word(name) == rest


@pytest.mark.parametrize(
    ("name", "transfer", "hint"),
    [
        ("oak-decode-0", None, "decode"),
        ("prefill.oak", None, "prefill"),
        ("oak-encode-0", None, None),
        ("oak-prefill-0", "decode", "decode"),
        ("oak", None, None),
    ],
)
def test_what_suggests_a_role(name: str, transfer: str | None, hint: str | None) -> None:
    assert hint_of(name, transfer) == hint


@pytest.mark.parametrize(
    ("parts", "main"),
    [
        ([part("a", "prefill"), part("b", "decode")], "b"),
        ([part("a", "prefill"), part("b")], "b"),
        ([part("b"), part("a")], "a"),
        ([part("a", "encode"), part("b", "prefill-decode")], "b"),
    ],
)
def test_the_part_that_clients_reach(parts: list[Part], main: str) -> None:
    assert main_part(parts).ref.name == main
