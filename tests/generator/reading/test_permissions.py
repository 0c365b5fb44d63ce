"""What follows if a kind may not be listed everywhere. The ways through a whole reading are in test_cluster.py."""

from __future__ import annotations

from collections.abc import Sequence

from llmd_routes.kinds import KINDS
from llmd_routes.reading.permissions import Forbidden, Wanted, read_permitted

PODS = next(kind for kind in KINDS if kind.kind == "Pod")
ROUTES = next(kind for kind in KINDS if kind.kind == "HTTPRoute")
MAPS = next(kind for kind in KINDS if kind.kind == "ConfigMap")


def in_namespaces_only(namespaces: Sequence[str]) -> str:
    if not namespaces:
        raise Forbidden("everywhere is refused")
    return ",".join(namespaces)


def never(namespaces: Sequence[str]) -> str:
    raise Forbidden("no")


def test_a_kind_of_namespaces_is_read_there() -> None:
    assert read_permitted(PODS, Wanted(("a", "b")), in_namespaces_only).value == "a,b"


def test_a_kind_that_is_read_everywhere_is_read_in_less_with_a_notice() -> None:
    permitted = read_permitted(ROUTES, Wanted(("a",), ("b",)), in_namespaces_only)
    assert permitted.value == "a,b"
    assert permitted.notice is not None and permitted.notice.message.startswith("may be listed in a, b only")
    # Without a namespace, there is nothing less.
    assert read_permitted(ROUTES, Wanted(), in_namespaces_only).problem is not None


def test_what_is_not_required_is_a_notice_and_the_rest_a_problem_with_the_verb() -> None:
    permitted = read_permitted(MAPS, Wanted(("a",)), never)
    assert (permitted.value, permitted.problem) == (None, None) and permitted.notice is not None
    permitted = read_permitted(PODS, Wanted(("a",)), never, "watch")
    assert permitted.notice is None
    assert permitted.problem == (
        "pods: may not be listed: no; grant watch on it (manifests/clusterrole.yaml), or accept a result without it"
        " with --allow-missing Pod"
    )
    permitted = read_permitted(PODS, Wanted(("a",), allow_missing=("Pod",)), never)
    assert permitted.problem is None and permitted.notice is not None
