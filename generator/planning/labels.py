"""Finds the label that tells services apart whose pods no selector can: objects in, labels out. Pure, no I/O.

The engine is tried first, because people and other tools know that label; where it does not separate, the service gets
its own name. Whether it works is not argued but tried: the inventory is made again with the labels on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from llmd_routes.inventory.build import build_inventory
from llmd_routes.inventory.overrides import Corrections
from llmd_routes.kube.namespaces import Scope
from llmd_routes.kube.objects import Object, Ref, kind_of, mapping, name_of, namespace_of
from llmd_routes.model.inventory import ModelService
from llmd_routes.model.naming import shortened
from llmd_routes.names import ENGINE_TYPE, ROLE, SERVICE

_LONGEST_VALUE: Final = 63


@dataclass(frozen=True, slots=True, order=True)
class Label:
    """A label for the pods of one workload: `path` leads to the template that carries it, () to a Pod itself."""

    ref: Ref
    path: tuple[str, ...]
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Labelling:
    """The labels that are missing, sorted; a line for each service that none can tell apart.

    `identities` are the objects of the labels with no more than what names them, as the input has it.
    """

    labels: tuple[Label, ...]
    problems: tuple[str, ...]
    identities: Mapping[Ref, Object]

    def report(self) -> list[str]:
        """Return what a person must know before the labels are put on."""
        if not self.labels:
            return ["no label is missing: every ModelService has a selector of its own"]
        refs = sorted({label.ref for label in self.labels})
        lines = [
            f"{ref}: {', '.join(f'{one.key}={one.value}' for one in self.labels if one.ref == ref)}" for ref in refs
        ]
        lines.append("the pods of these workloads restart, and a rollout waits where no accelerator is spare")
        if any(ref.kind in ("ReplicaSet", "Pod") for ref in refs):
            lines.append(
                "a ReplicaSet does not restart its pods: they have the label once something else replaces them"
            )
        return [*lines, "run `llmd-routes generate` after the rollout"]


def find_labels(objects: Sequence[Object], scope: Scope, corrections: Corrections | None = None) -> Labelling:
    """Return labels with which every service of the input has a selector of its own.

    Services without a selector get labels, and pods of several roles the labels of these roles. Raises InputError as
    `build_inventory` does.
    """
    inventory = build_inventory(objects, scope, corrections)
    fallback = scope.namespaces[0] if len(scope.namespaces) == 1 else inventory.assumed_namespace or ""
    known = {Ref(namespace_of(obj) or fallback, kind_of(obj), name_of(obj)): obj for obj in objects}
    mixed = [service for service in inventory.services if service.selector is None]
    fixed = {service.title for service in mixed if any(t.path is None for t in service.templates)}
    chosen: dict[str, tuple[str, str]] = {}
    left = mixed
    for value_of in (_engine, _own_name):
        for service in left:
            if service.title not in fixed and (label := value_of(service)):
                chosen[service.title] = label
        labelled = build_inventory(_with_labels(known, _labels(mixed, chosen)), scope, corrections)
        without = {service.title for service in labelled.services if service.selector is None}
        left = [service for service in mixed if service.title in without]
    return Labelling(
        tuple(sorted({*_labels([s for s in mixed if s not in left], chosen), *_role_labels(inventory.services)})),
        tuple(_problem(service, service.title in fixed) for service in left),
        {ref: _identity(obj) for ref, obj in known.items()},
    )


def _identity(obj: Object) -> Object:
    namespace = namespace_of(obj)
    named = {"name": name_of(obj)} | ({"namespace": namespace} if namespace else {})
    return {"apiVersion": obj.get("apiVersion"), "kind": kind_of(obj), "metadata": named}


def _with_labels(objects: Mapping[Ref, Object], labels: Sequence[Label]) -> list[Object]:
    changed = dict(objects)
    for label in labels:
        if label.ref in changed:
            changed[label.ref] = merged(changed[label.ref], patch(label))
    return list(changed.values())


def _labels(services: Sequence[ModelService], chosen: Mapping[str, tuple[str, str]]) -> list[Label]:
    return [
        Label(template.owner, template.path, *chosen[service.title])
        for service in services
        if service.title in chosen
        for template in service.templates
        if template.path is not None
    ]


def _role_labels(services: Sequence[ModelService]) -> list[Label]:
    return [
        Label(template.owner, template.path, ROLE, service.unlabelled[template.owner])
        for service in services
        for template in service.templates
        if template.path is not None and template.owner in service.unlabelled
    ]


def _engine(service: ModelService) -> tuple[str, str] | None:
    taken = {template.labels.get(ENGINE_TYPE) for template in service.templates} - {None, service.engine}
    return (ENGINE_TYPE, service.engine) if service.engine and not taken else None


def _own_name(service: ModelService) -> tuple[str, str]:
    name = service.name or "-".join(ref.name for ref in service.workloads)
    return SERVICE, shortened(re.sub(r"[^A-Za-z0-9._-]", "-", name), _LONGEST_VALUE)


def _problem(service: ModelService, fixed: bool) -> str:
    if not fixed:
        return f"{service.title}: no label can tell its pods apart; give them a workload of their own"
    remedy = "set a label where they are made, such as spec.labels" if service.controller else "label what makes them"
    return f"{service.title}: its pods cannot be labelled, {service.controller or 'a controller'} makes them; {remedy}"


def patch(label: Label) -> dict[str, Any]:
    """Return the merge patch that puts a label where it belongs."""
    found: dict[str, Any] = {"metadata": {"labels": {label.key: label.value}}}
    for key in reversed(label.path):
        found = {key: found}
    return found


def merged(obj: Object, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object with a merge patch of mappings and strings laid over it."""
    over = {
        key: merged(mapping(obj, key), value) if isinstance(value, Mapping) else value for key, value in changes.items()
    }
    return {**obj, **over}
