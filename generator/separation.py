"""Says whether labels and pools keep a ModelService apart from all other pods, and what is in the way. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .inventory import ModelService, Pool
from .notices import Problem
from .objects import Ref
from .selectors import Templates, common_labels

_LABEL_REMEDY = "add a label to its pod templates that no other has (llmd-routes label prints how)"


@dataclass(frozen=True, slots=True)
class Separation:
    """One service among all templates: its own set, the pools that take some of it, and who owns which workload.

    `touching` are those pools, each with all that it takes; `titles` are the titles of all services and `position` is
    this one's place among them.
    """

    own: int
    index: Templates
    touching: Sequence[tuple[Pool, int]]
    owners: Mapping[Ref, int]
    titles: tuple[str, ...]
    position: int

    def exact_pool(self, ports: tuple[int, ...]) -> Pool | None:
        """Return the pool that takes exactly this service's pods.

        Of several, one with the right ports, then one that this program did not make, then v1.
        """
        exact = [pool for pool, mask in self.touching if mask == self.own]
        return min(exact, key=lambda pool: (pool.ports != ports, pool.instance is not None), default=None)

    def others(self, mask: int) -> list[str]:
        """Return the titles of the other services that own templates of a set, sorted."""
        found = {self.owners.get(t.owner) for t in self.index.of(mask & ~self.own)}
        return sorted(self.titles[p] for p in found if p is not None and p != self.position)

    def strangers(self, mask: int) -> list[str]:
        """Return the workloads outside of services that own templates of a set, sorted."""
        found = {t.owner for t in self.index.of(mask & ~self.own) if self.owners.get(t.owner) in (None, self.position)}
        return sorted(f"{ref.kind}/{ref.name}" for ref in found)


def notices_of_separation(service: ModelService, separation: Separation) -> list[Problem]:
    """Return why no label map takes exactly this service, and which pools mix it with others."""
    found: list[Problem] = []
    common = common_labels(list(service.templates))
    rivals = separation.index.taken(common, service.namespace or None) if common else 0
    if service.selector is None and not common and len(service.workloads) > 1:
        names = " and ".join(f"{ref.kind}/{ref.name}" for ref in service.workloads)
        found.append(
            (
                "no-common-label",
                f"the serving pods of {names} share no label, so no one pool can take both",
                _LABEL_REMEDY,
            )
        )
    elif service.selector is None and not common:
        found.append(("no-common-label", "its serving pods carry no label, so no pool can take them", _LABEL_REMEDY))
    elif service.selector is None and separation.others(rivals):
        others = ", ".join(separation.others(rivals))
        found.append(("cross-selection", f"every label of its pods is on pods of {others} too", _LABEL_REMEDY))
    elif service.selector is None:
        others = ", ".join(separation.strangers(rivals))
        found.append(("cross-selection", f"every label of its pods is on pods of {others} too", _LABEL_REMEDY))
    return found + _mixed(separation)


def _mixed(separation: Separation) -> list[Problem]:
    """Return which pools take this service's pods together with those of other services, one line per set of others."""
    by_others: dict[str, list[str]] = {}
    for pool, mask in separation.touching:
        idle = [f"{name}, which do not serve" for name in separation.strangers(mask)]
        others = " and ".join(filter(None, (", ".join(separation.others(mask)), *idle)))
        if others:
            by_others.setdefault(others, []).append(str(pool.ref))
    return [
        (
            "cross-selection",
            f"{', '.join(pools)} {'selects' if len(pools) == 1 else 'select'} its pods and those of {others}",
            "narrow each pool's selector to one service (inferencePool.modelServers.matchLabels of its chart)",
        )
        for others, pools in by_others.items()
    ]


def notices_of_pools(service: ModelService, separation: Separation) -> list[Problem]:
    """Return the pools that take this service's pods but target other ports than those they serve on."""
    by_ports: dict[tuple[int, ...], list[str]] = {}
    for pool, _ in separation.touching:
        if service.ports and pool.ports != service.ports:
            by_ports.setdefault(pool.ports, []).append(str(pool.ref))
    return [
        (
            "pool-port-mismatch",
            f"{', '.join(pools)} {'targets' if len(pools) == 1 else 'target'} {_listed(ports) or 'no port'} "
            f"but its pods serve on {_listed(service.ports)}",
            "let pool and pods agree on the port (inferencePool.targetPorts of its chart)",
        )
        for ports, pools in by_ports.items()
    ]


def _listed(ports: tuple[int, ...]) -> str:
    return ", ".join(map(str, ports))
