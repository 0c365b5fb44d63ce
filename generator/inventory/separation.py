"""Compare the pods of one ModelService with those of all others and of the pools. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from llmd_routes.kube.objects import Ref
from llmd_routes.model.inventory import Pool

from .selectors import Templates


@dataclass(frozen=True, slots=True)
class Separation:
    """One service among all templates: its own set, the pools that select some of it, and the owners of workloads.

    `touching` are those pools, each with everything that it selects; `titles` are the titles of all services, and
    `position` is the index of this one.
    """

    own: int
    index: Templates
    touching: Sequence[tuple[Pool, int]]
    owners: Mapping[Ref, int]
    titles: tuple[str, ...]
    position: int

    def exact_pool(self, ports: tuple[int, ...]) -> Pool | None:
        """Return the pool that selects exactly this service's pods.

        Of several, prefer one with the right ports, then one that llmd-routes does not manage, then v1.
        """
        exact = [pool for pool, mask in self.touching if mask == self.own]
        return min(exact, key=lambda pool: (pool.ports != ports, pool.instance is not None), default=None)

    def others(self, mask: int) -> list[str]:
        """Return the titles of the other services that own templates of a set, sorted."""
        found = {self.owners.get(t.owner) for t in self.index.of(mask & ~self.own)}
        return sorted(self.titles[p] for p in found if p is not None and p != self.position)

    def strangers(self, mask: int) -> list[str]:
        """Return the workloads that own templates of a set and belong to no service, sorted."""
        found = {t.owner for t in self.index.of(mask & ~self.own) if self.owners.get(t.owner) in (None, self.position)}
        return sorted(f"{ref.kind}/{ref.name}" for ref in found)
