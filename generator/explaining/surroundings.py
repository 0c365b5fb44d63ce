"""Collect what explanations look up from what was read. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from llmd_routes.inventory.build import index_objects
from llmd_routes.kube.index import Objects
from llmd_routes.kube.namespaces import Scope
from llmd_routes.kube.objects import Object
from llmd_routes.model.inventory import Inventory


@dataclass(frozen=True)
class Surroundings:
    """Everything that explanations look up; `is_complete` is whether all objects of a namespace were read."""

    inventory: Inventory
    objects: Objects
    is_complete: Callable[[str], bool]


def surroundings(inventory: Inventory, objects: Sequence[Object], scope: Scope, *, is_live: bool) -> Surroundings:
    """Return the inventory of objects with their index.

    Only a cluster (`is_live`) is complete in the namespaces that were read; what files lack may still exist.
    """
    namespaces = scope.namespaces
    return Surroundings(
        inventory,
        index_objects(objects, scope),
        lambda namespace: is_live and (not namespaces or namespace in namespaces),
    )
