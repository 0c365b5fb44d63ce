"""Manifests of others go through unchanged, with ours behind them."""

from __future__ import annotations

import pytest

from llmd_routes.errors import PlanError
from llmd_routes.output.pass_through import with_manifests
from llmd_routes.output.render import Manifest

OURS = Manifest(
    "kind: HTTPRoute\n",
    {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": {"name": "r", "namespace": "ns"}},
)
THEIRS = "# comment\napiVersion: v1\nkind: Service\nmetadata: {name: s}   # odd\n"
SAME = "apiVersion: gateway.networking.k8s.io/v1beta1\nkind: HTTPRoute\nmetadata: {name: r}\n"


@pytest.mark.parametrize(
    ("text", "joined"),
    [(THEIRS, f"{THEIRS}---\n"), (THEIRS.rstrip("\n"), f"{THEIRS}---\n"), ("", "---\n")],
)
def test_what_is_passed_on_stays_to_the_byte(text: str, joined: str) -> None:
    assert with_manifests(text, [OURS]) == f"{joined}kind: HTTPRoute\n"


def test_one_of_ours_among_them_is_an_error_even_without_its_namespace() -> None:
    with pytest.raises(PlanError, match="-:1: HTTPRoute r is also generated; remove it from the input"):
        with_manifests(SAME, [OURS])
    assert with_manifests(SAME.replace("name: r", "name: other"), [OURS])
