"""Narrow an inventory to the ModelServices of some workloads. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from llmd_routes.errors import NothingToRoute
from llmd_routes.kube.label_selectors import Requirement
from llmd_routes.kube.objects import Object, Ref, kind_of, labels, name_of, namespace_of
from llmd_routes.model.inventory import Inventory, ModelService


def select(objects: Sequence[Object], requirements: Sequence[Requirement]) -> frozenset[Ref]:
    """Return the objects whose own labels meet all requirements; the namespace is empty if an object has none."""
    return frozenset(
        Ref(namespace_of(obj) or "", kind_of(obj), name_of(obj))
        for obj in objects
        if all(requirement.matches(labels(obj, "metadata", "labels")) for requirement in requirements)
    )


def narrow(inventory: Inventory, workloads: Collection[Ref]) -> tuple[Inventory, tuple[ModelService, ...]]:
    """Return the inventory reduced to the ModelServices with one of these workloads, and the other ModelServices.

    A workload without a namespace matches in any namespace. Notices about the others are removed. Raises NothingToRoute
    if no ModelService is left.
    """
    wanted = frozenset(workloads)
    services: list[ModelService] = []
    others: list[ModelService] = []
    for service in inventory.services:
        own = any({ref, replace(ref, namespace="")} & wanted for ref in service.workloads)
        (services if own else others).append(service)
    if not services:
        raise NothingToRoute
    titles = {service.title for service in others}
    notices = tuple(notice for notice in inventory.notices if notice.object not in titles)
    return replace(inventory, services=tuple(services), notices=notices), tuple(others)
