"""Collect what explanations look up from what was read. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeVar

from llmd_routes.inventory.build import index_objects
from llmd_routes.inventory.reference_grants import Grant, read_grants
from llmd_routes.kube.index import Objects
from llmd_routes.kube.namespaces import Scope
from llmd_routes.kube.objects import Object, Ref, labels, text
from llmd_routes.kube.workloads import find_workloads
from llmd_routes.model.inventory import Inventory, ModelService, Pool
from llmd_routes.names import POOL_GROUPS

_ENDED: Final = ("Succeeded", "Failed")
K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True)
class Surroundings:
    """Everything that explanations look up; `is_complete` is whether all objects of a namespace were read."""

    inventory: Inventory
    objects: Objects
    is_complete: Callable[[str], bool]

    def pods_of(self, namespace: str, selector: Mapping[str, str]) -> list[Object]:
        """Return the pods that a selector matches, without those that have ended."""
        near = self._pods.get((namespace, *min(selector.items())), ())
        return [pod for pod in near if selector.items() <= labels(pod, "metadata", "labels").items()]

    def creators_of(self, namespace: str, selector: Mapping[str, str]) -> tuple[Ref, ...]:
        """Return the workloads whose pods a selector matches, sorted."""
        near = self._templates.get((namespace, *min(selector.items())), ())
        return tuple(dict.fromkeys(ref for ref, template in near if selector.items() <= template.items()))

    def service(self, ref: Ref) -> Object | None:
        """Return a Service, None if it is not in the input."""
        return self._services.get(ref)

    def pools_at(self, ref: Ref) -> Sequence[Pool]:
        """Return the InferencePools of a name, one for each API group."""
        return self._pools.get(ref, ())

    def served_by(self, pool: Ref) -> Sequence[ModelService]:
        """Return the ModelServices behind an InferencePool."""
        return self._served.get(pool, ())

    @cached_property
    def grants(self) -> tuple[Grant, ...]:
        """Return what ReferenceGrants permit."""
        return read_grants(self.objects.objects, self.objects.namespaces.of)

    @cached_property
    def created_pools(self) -> Mapping[tuple[str, Ref], str]:
        """Return when each InferencePool was created (RFC 3339, "" if unknown), by API group and reference."""
        return {
            (group, self.objects.ref(obj)): text(obj, "metadata", "creationTimestamp") or ""
            for group in POOL_GROUPS
            for obj in self.objects.of("InferencePool", group)
        }

    @cached_property
    def _pods(self) -> dict[tuple[str, str, str], list[Object]]:
        pods = [pod for pod in self.objects.of("Pod", "") if text(pod, "status", "phase") not in _ENDED]
        return _grouped(
            ((self.objects.ref(pod).namespace, *pair), pod)
            for pod in pods
            for pair in labels(pod, "metadata", "labels").items()
        )

    @cached_property
    def _templates(self) -> dict[tuple[str, str, str], list[tuple[Ref, Mapping[str, str]]]]:
        workloads = find_workloads(self.objects.objects, self.objects.namespaces.of)
        return _grouped(
            ((one.ref.namespace, *pair), (one.ref, template.labels))
            for one in workloads
            for template in one.templates
            for pair in template.labels.items()
        )

    @cached_property
    def _services(self) -> dict[Ref, Object]:
        return {self.objects.ref(obj): obj for obj in self.objects.of("Service", "")}

    @cached_property
    def _pools(self) -> dict[Ref, list[Pool]]:
        return _grouped((pool.ref, pool) for pool in self.inventory.pools)

    @cached_property
    def _served(self) -> dict[Ref, list[ModelService]]:
        return _grouped((service.pool, service) for service in self.inventory.services if service.pool is not None)


def _grouped(pairs: Iterable[tuple[K, V]]) -> dict[K, list[V]]:
    found: dict[K, list[V]] = {}
    for key, value in pairs:
        found.setdefault(key, []).append(value)
    return found


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
