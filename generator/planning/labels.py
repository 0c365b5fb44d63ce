"""Find the labels that give each service a unique and lasting pod selector: objects in, labels out. Pure, no I/O.

The label of the engine comes first, because endpoint pickers read it. Where it does not separate the services, or
separates them only until another service of that engine is added, the label with the service's name is set. The
inventory is built again with the labels to verify that they separate the services.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from llmd_routes.inventory.build import build_inventory
from llmd_routes.inventory.overrides import Corrections
from llmd_routes.inventory.selectors import is_telling
from llmd_routes.kube.namespaces import Scope
from llmd_routes.kube.objects import Object, Ref, kind_of, mapping, name_of, namespace_of
from llmd_routes.model.inventory import ModelService
from llmd_routes.model.naming import shortened
from llmd_routes.names import ENGINE_TYPE, ROLE, SERVICE

_LONGEST_VALUE: Final = 63


@dataclass(frozen=True, slots=True, order=True)
class Label:
    """A label for the pods of one workload: `path` is that of the pod template, () for a Pod itself."""

    ref: Ref
    path: tuple[str, ...]
    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Labelling:
    """The missing labels, sorted, and an error for each service that labels cannot separate.

    `identities` are the identifying fields of the objects to label, as in the input.
    """

    labels: tuple[Label, ...]
    problems: tuple[str, ...]
    identities: Mapping[Ref, Object]

    def report(self, *, applied: bool = True) -> list[str]:
        """Return what a person must know before adding the labels.

        With `applied`, the labels are added to a cluster now, otherwise to manifests.
        """
        if not self.labels:
            return ["no label is missing: every ModelService has a unique pod selector"]
        refs = sorted({label.ref for label in self.labels})
        lines = [
            f"{ref}: {', '.join(f'{one.key}={one.value}' for one in self.labels if one.ref == ref)}" for ref in refs
        ]
        when = "" if applied else " when the manifests are applied"
        lines.append(f"the pods of these workloads restart{when}; the rollout stalls if no accelerator is free")
        if any(ref.kind in ("ReplicaSet", "Pod") for ref in refs):
            lines.append("the running pods of a ReplicaSet keep their labels until they are replaced")
        after = "after the rollout" if applied else "with these manifests too"
        return [*lines, f"next: run `llmd-routes generate` {after}"]


def find_labels(objects: Sequence[Object], scope: Scope, corrections: Corrections | None = None) -> Labelling:
    """Return labels that give every service of the input a unique selector.

    Services without a selector get labels, and pods of several roles the labels of these roles. Raises InputError as
    `build_inventory` does.
    """
    inventory = build_inventory(objects, scope, corrections)
    fallback = scope.namespaces[0] if len(scope.namespaces) == 1 else inventory.assumed_namespace or ""
    known = {Ref(namespace_of(obj) or fallback, kind_of(obj), name_of(obj)): obj for obj in objects}
    mixed = [service for service in inventory.services if service.selector is None]
    fixed = {service.title for service in mixed if any(t.path is None for t in service.templates)}
    labelled = [service for service in mixed if service.title not in fixed]
    chosen = {service.title: label for service in labelled if (label := _engine(service))}
    selectors = _selectors(known, _labels(mixed, chosen), scope, corrections)
    for service in labelled:
        selector = selectors.get(service.title)
        if not selector:
            chosen[service.title] = _own_name(service)
        elif not is_telling(selector):
            # The engine label distinguishes only today's pods: another service with that engine would carry the same
            # labels.
            chosen[service.title] |= _own_name(service)
    selectors = _selectors(known, _labels(mixed, chosen), scope, corrections)
    left = [service for service in mixed if not selectors.get(service.title)]
    return Labelling(
        tuple(sorted({*_labels([s for s in mixed if s not in left], chosen), *_role_labels(inventory.services)})),
        tuple(_problem(service, service.title in fixed) for service in left),
        {ref: _identity(obj) for ref, obj in known.items()},
    )


def _selectors(
    known: Mapping[Ref, Object], labels: Sequence[Label], scope: Scope, corrections: Corrections | None
) -> dict[str, Mapping[str, str] | None]:
    """Return the selector of each service, by title, once the labels are set."""
    services = build_inventory(_with_labels(known, labels), scope, corrections).services
    return {service.title: service.selector for service in services}


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


def _labels(services: Sequence[ModelService], chosen: Mapping[str, Mapping[str, str]]) -> list[Label]:
    return [
        Label(template.owner, template.path, key, value)
        for service in services
        for template in service.templates
        if template.path is not None
        for key, value in chosen.get(service.title, {}).items()
    ]


def _role_labels(services: Sequence[ModelService]) -> list[Label]:
    return [
        Label(template.owner, template.path, ROLE, service.unlabelled[template.owner])
        for service in services
        for template in service.templates
        if template.path is not None and template.owner in service.unlabelled
    ]


def _engine(service: ModelService) -> dict[str, str]:
    taken = {template.labels.get(ENGINE_TYPE) for template in service.templates} - {None, service.engine}
    return {ENGINE_TYPE: service.engine} if service.engine and not taken else {}


def _own_name(service: ModelService) -> dict[str, str]:
    name = service.name or "-".join(ref.name for ref in service.workloads)
    return {SERVICE: shortened(re.sub(r"[^A-Za-z0-9._-]", "-", name), _LONGEST_VALUE)}


def _problem(service: ModelService, fixed: bool) -> str:
    if not fixed:
        return f"{service.title}: no label can separate its pods; use a separate workload for them"
    remedy = (
        "set a label in its source, such as spec.labels"
        if service.controller
        else "set a label in the object that creates them"
    )
    return f"{service.title}: its pods cannot be labelled, {service.controller or 'a controller'} makes them; {remedy}"


def patch(label: Label) -> dict[str, Any]:
    """Return the merge patch that sets a label at its path."""
    found: dict[str, Any] = {"metadata": {"labels": {label.key: label.value}}}
    for key in reversed(label.path):
        found = {key: found}
    return found


def merged(obj: Object, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object with a merge patch of mappings and strings applied."""
    over = {
        key: merged(mapping(obj, key), value) if isinstance(value, Mapping) else value for key, value in changes.items()
    }
    return {**obj, **over}
