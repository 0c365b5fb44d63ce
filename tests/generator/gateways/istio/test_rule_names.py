"""Rules of one name, which istio gives one endpoint picker."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.gateways.istio.rule_names import shared_names
from llmd_routes.kube.objects import Ref
from llmd_routes.model.gateways import Route

Obj = dict[str, Any]


def route(name: str, *rules: Obj, origin: str | None = None) -> Route:
    return Route(Ref("ns", "HTTPRoute", name), "ns", {"rules": list(rules)}, origin, None)


def rule(name: str | None, *pools: str, kind: str = "InferencePool") -> Obj:
    backends = [{"group": "inference.networking.k8s.io", "kind": kind, "name": pool} for pool in pools]
    return {"backendRefs": backends} | ({} if name is None else {"name": name})


@pytest.mark.parametrize(
    ("routes", "named"),
    [
        ([route("r", rule("a", "p"), rule("b", "q"))], []),
        ([route("r", rule(None, "p"), rule(None, "q"))], []),
        ([route("r", rule("a", "p")), route("s", rule("a", "p"))], []),
        ([route("r", rule("a", "p")), route("s", rule("a", "q", kind="Service"))], []),
        ([route("r", rule("a", "p")), route("s", rule("b", "p"), rule("a", "q"))], ["r 1", "s 2"]),
        ([route("r", rule("a", "p"), rule("a", "q"))], ["r 1", "r 2"]),
    ],
)
def test_only_rules_that_share_a_name_are_reported(routes: list[Route], named: list[str]) -> None:
    notices = list(shared_names(routes))
    assert [f"{n.object.rpartition('/')[2]} {n.message.split()[1]}" for n in notices] == named
    assert all(f"spec.rules[{int(at.split()[1]) - 1}].name" in n.remedy for n, at in zip(notices, named, strict=True))


def test_the_fix_is_where_the_route_is_made() -> None:
    made = route("r", rule("a", "p"), rule("a", "q"), origin="the values of Helm release chat")
    notice = next(shared_names([made]))
    assert notice.remedy == "remove or change name of rule 1 in the values of Helm release chat"
