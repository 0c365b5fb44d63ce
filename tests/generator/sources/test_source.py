"""Parts of services: their names, roles and order."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.kube.objects import Ref
from llmd_routes.sources.source import Part, main_part, roles_of, strip_role


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
    ],
)
def test_roles(name: str, labels: dict[str, str], role: str | None, roles: tuple[str, ...]) -> None:
    assert roles_of(name, labels, role) == roles


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
