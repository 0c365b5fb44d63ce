"""Plan an emitted controller: where it runs, and the least that it must be allowed to do. Pure, no I/O."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from llmd_routes.kube.kinds import ReadKind
from llmd_routes.kube.objects import Object, Ref, items, kind_of, namespace_of, texts
from llmd_routes.model.controller import ControllerPlan, ControllerRequest, Rule
from llmd_routes.model.naming import LONGEST_NAME, service_name, shortened

_READ: Final = ("list", "watch")
# `get` is for the comparison before a deletion, `list` for the one before an apply.
_WRITE: Final = ("create", "delete", "get", "list", "patch")
_RBAC: Final = "rbac.authorization.k8s.io"
_SUFFIX: Final = "-controller"


def controller_instance(instance: str) -> str:
    """Return the instance of the controller's own objects: another one, or it would remove itself."""
    return shortened(instance, LONGEST_NAME - len(_SUFFIX)) + _SUFFIX


def controller_ref(instance: str, namespaces: Sequence[str], manifests: Iterable[Object]) -> Ref:
    """Return the Deployment of a controller for manifests: in the first of its namespaces, or next to a route."""
    placed = [(kind_of(obj) != "HTTPRoute", namespace_of(obj)) for obj in manifests if namespace_of(obj)]
    home = (*namespaces, *(namespace or "" for _, namespace in sorted(placed)))[0]
    return Ref(home, "Deployment", service_name("llmd-routes-", instance))


def plan_controller(request: ControllerRequest, kinds: Iterable[ReadKind]) -> ControllerPlan:
    """Return the controller for a request; `kinds` are all kinds that are read.

    With namespaces, its permissions in each are a Role; the kinds that are read everywhere, and everything without
    namespaces, are in a ClusterRole.
    """
    written = sorted({namespace_of(obj) or "" for obj in request.manifests} - {""})
    ref = request.ref
    everywhere, roles = list[Rule](), defaultdict[str, list[Rule]](list)
    for kind in kinds:
        rule = _rule(kind, _READ)
        if not kind.namespaced or kind.everywhere or not request.namespaces:
            everywhere.append(rule)
        else:
            for namespace in request.namespaces:
                roles[namespace].append(rule)
    writing = [*(_rule(kind, _WRITE) for kind in request.kinds), Rule("", ("events",), ("create",))]
    if not request.namespaces:
        everywhere += [*writing, *_granted(request.manifests)]
    for namespace in sorted({*request.namespaces, *written}) if request.namespaces else ():
        here = [obj for obj in request.manifests if namespace_of(obj) == namespace]
        roles[namespace] += [*writing, *_granted(here)]
    roles[ref.namespace] += [
        Rule("coordination.k8s.io", ("leases",), ("create",)),
        Rule("coordination.k8s.io", ("leases",), ("get", "update"), (ref.name,)),
    ]
    return ControllerPlan(
        ref,
        request.image,
        controller_instance(request.instance),
        request.files,
        tuple(_merged(everywhere)),
        {namespace: tuple(_merged(rules)) for namespace, rules in sorted(roles.items())},
        request.scrapers,
        request.editor,
    )


def _rule(kind: ReadKind, verbs: tuple[str, ...]) -> Rule:
    return Rule(kind.group, (kind.plural,), verbs)


def _granted(objects: Iterable[Object]) -> Iterator[Rule]:
    """Yield the rules of emitted Roles: an account may only grant permissions that it has.

    Spec: https://kubernetes.io/docs/reference/access-authn-authz/rbac/#privilege-escalation-prevention-and-bootstrapping
    """
    for obj in objects:
        for rule in items(obj, "rules") if kind_of(obj) == "Role" else ():
            for group in texts(rule, "apiGroups"):
                yield Rule(group, tuple(texts(rule, "resources")), tuple(texts(rule, "verbs")))


def _merged(rules: Iterable[Rule]) -> Iterator[Rule]:
    """Yield one rule for each group and set of verbs, sorted; a resource has the verbs of all its rules."""
    verbs = defaultdict[tuple[str, str, tuple[str, ...]], set[str]](set)
    for rule in rules:
        for resource in rule.resources:
            verbs[rule.group, resource, rule.names] |= set(rule.verbs)
    resources = defaultdict[tuple[str, tuple[str, ...], tuple[str, ...]], list[str]](list)
    for (group, resource, names), allowed in sorted(verbs.items()):
        resources[group, tuple(sorted(allowed)), names].append(resource)
    for (group, allowed_verbs, names), same in sorted(resources.items()):
        yield Rule(group, tuple(same), allowed_verbs, names)
