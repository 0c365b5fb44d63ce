"""Objects that a controller rejects."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.output.statuses import rejected_objects
from tests.generator.objects import Obj


def policy(condition: Obj, where: str = "ancestors", **metadata: Any) -> Obj:
    parent = {"controllerName": "agentgateway.dev/agentgateway", "conditions": [condition]}
    return {
        "kind": "AgentgatewayPolicy",
        "metadata": {"name": "p", "namespace": "ns", "generation": 2, **metadata},
        "status": {where: [parent]},
    }


def condition(kind: str = "Accepted", status: str = "False", reason: str = "Invalid", generation: int = 2) -> Obj:
    said = {"type": kind, "status": status, "reason": reason, "message": "no such\n  function"}
    return {**said, "observedGeneration": generation}


@pytest.mark.parametrize(
    ("obj", "fact"),
    [
        (policy(condition()), "Accepted=False (Invalid)"),
        (policy(condition("ResolvedRefs"), "parents"), "ResolvedRefs=False (Invalid)"),
        (policy(condition(status="True", reason="PartiallyValid")), "Accepted=True (PartiallyValid)"),
    ],
)
def test_a_rejected_object(obj: Obj, fact: str) -> None:
    (notice,) = rejected_objects([obj])
    assert (notice.code, notice.object) == ("not-accepted", "AgentgatewayPolicy ns/p")
    assert notice.message == f"agentgateway.dev/agentgateway reports {fact}: no such function"


@pytest.mark.parametrize(
    "obj",
    [
        policy(condition(status="True", reason="Accepted")),
        policy(condition("Conflicted")),
        policy(condition(generation=1)),
        {"kind": "HTTPRoute", "metadata": {"name": "r"}},
    ],
)
def test_no_problem(obj: Obj) -> None:
    assert list(rejected_objects([obj])) == []
