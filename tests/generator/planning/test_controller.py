"""What an emitted controller may do: as little as its kinds and namespaces require."""

from __future__ import annotations

from typing import Any

from llmd_routes.kinds import EMITTED, KINDS
from llmd_routes.kube.kinds import ReadKind
from llmd_routes.model.controller import ControllerRequest, Rule
from llmd_routes.planning.controller import controller_instance, controller_ref, plan_controller

ROUTES = next(kind for kind in EMITTED if kind.kind == "HTTPRoute")
POOLS = next(kind for kind in EMITTED if kind.kind == "InferencePool")
WRITE = ("create", "delete", "get", "list", "patch")


def obj(kind: str, namespace: str, **more: Any) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"name": "x", "namespace": namespace}, **more}


def request(namespaces: tuple[str, ...], *manifests: dict[str, Any], **more: Any) -> ControllerRequest:
    kinds: tuple[ReadKind, ...] = more.pop("kinds", (ROUTES, POOLS))
    manifests = manifests or (obj("HTTPRoute", "gw"),)
    ref = controller_ref("llm.gw", namespaces, manifests)
    return ControllerRequest(ref, "image", "llm.gw", namespaces, {"a": "b"}, kinds, manifests)


def verbs(rules: tuple[Rule, ...], resource: str) -> list[tuple[str, ...]]:
    return [rule.verbs for rule in rules if resource in rule.resources]


def test_with_namespaces_it_reads_there_and_writes_where_its_objects_are() -> None:
    plan = plan_controller(request(("llm", "other")), KINDS)
    assert (plan.ref.namespace, plan.ref.kind) == ("llm", "Deployment")
    assert set(plan.roles) == {"llm", "other", "gw"}
    assert verbs(plan.roles["llm"], "pods") == [("list", "watch")]
    assert verbs(plan.roles["gw"], "pods") == []
    for namespace in ("llm", "other", "gw"):
        assert verbs(plan.roles[namespace], "httproutes") == [WRITE]
        assert verbs(plan.roles[namespace], "events") == [("create",)]
    assert verbs(plan.roles["llm"], "inferencepools")[0] == tuple(sorted((*WRITE, "watch")))
    assert verbs(plan.roles["gw"], "leases") == []
    written = {verb for rule in plan.everywhere for verb in rule.verbs}
    assert written == {"list", "watch"}, "nothing is written in all namespaces"
    assert verbs(plan.everywhere, "pods") == []
    assert verbs(plan.everywhere, "gateways") == [("list", "watch")]


def test_only_its_own_lease_may_be_changed() -> None:
    plan = plan_controller(request(("llm",)), KINDS)
    leases = [rule for rule in plan.roles["llm"] if "leases" in rule.resources]
    assert [(rule.verbs, rule.names) for rule in leases] == [(("create",), ()), (("get", "update"), (plan.ref.name,))]


def test_with_all_namespaces_everything_but_its_lease_is_in_one_role() -> None:
    plan = plan_controller(request(()), KINDS)
    assert plan.ref.namespace == "gw"
    assert verbs(plan.everywhere, "pods") == [("list", "watch")]
    assert verbs(plan.everywhere, "httproutes") == [tuple(sorted((*WRITE, "watch")))]
    assert list(plan.roles) == ["gw"]
    assert {resource for rule in plan.roles["gw"] for resource in rule.resources} == {"leases"}


def test_kinds_that_are_not_written_may_not_be_written() -> None:
    plan = plan_controller(request(("llm",)), KINDS)
    assert verbs(plan.roles["llm"], "deployments") == [("list", "watch")]
    assert verbs(plan.roles["llm"], "secrets") == []
    assert verbs(plan.roles["llm"], "roles") == []


def test_the_rules_of_emitted_roles_are_its_own_too() -> None:
    """Kubernetes refuses a Role with more than its author may do."""
    rules = [{"apiGroups": ["x"], "resources": ["things"], "verbs": ["get"]}]
    plan = plan_controller(request(("llm",), obj("Role", "llm", rules=rules), obj("HTTPRoute", "gw")), KINDS)
    assert verbs(plan.roles["llm"], "things") == [("get",)]
    assert verbs(plan.roles["gw"], "things") == []


def test_no_resource_of_a_role_has_two_rules() -> None:
    for namespaces in ((), ("llm",)):
        plan = plan_controller(request(namespaces), (*KINDS, *KINDS))
        for rules in (plan.everywhere, *plan.roles.values()):
            pairs = [(rule.group, resource, rule.names) for rule in rules for resource in rule.resources]
            assert len(pairs) == len(set(pairs))


def test_its_own_objects_are_of_another_instance() -> None:
    assert controller_instance("llm.gateway") == "llm.gateway-controller"
    assert len(controller_instance("x" * 63)) == 63
    assert plan_controller(request(("llm",)), KINDS).instance == "llm.gw-controller"
