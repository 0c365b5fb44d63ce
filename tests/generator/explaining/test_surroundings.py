"""Only a cluster is complete, and only in the namespaces that were read."""

from __future__ import annotations

import pytest

from llmd_routes.explaining.surroundings import surroundings
from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.namespaces import Scope


@pytest.mark.parametrize(
    ("namespaces", "is_live", "complete"),
    [((), True, {"a", "b"}), (("a",), True, {"a"}), ((), False, set()), (("a",), False, set())],
)
def test_completeness(namespaces: tuple[str, ...], is_live: bool, complete: set[str]) -> None:
    around = surroundings(build_inventory([]), [], Scope(namespaces), is_live=is_live)
    assert {name for name in ("a", "b") if around.is_complete(name)} == complete
