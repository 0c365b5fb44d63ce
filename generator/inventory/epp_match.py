"""Match endpoint pickers (EPPs) whose pool does not exist with ModelServices. Pure, no I/O.

llm-d's charts install an EPP per release that watches one pool by name; where the pool is missing
(https://github.com/llm-d/llm-d, the guides' known issue) names and labels must tell whose it is. What they do not tell
for certain is not guessed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from llmd_routes.model.inventory import Epp, ModelService, Pool
from llmd_routes.names import GUIDE

# Prefixes that llm-d's guides add to a release name (gaie-R, ms-R, infra-R), and suffixes that charts add.
_BEFORE: Final = ("gaie-", "ms-", "infra-")
_BEHIND: Final = ("-llm-d-modelservice", "-inference-pool", "-epp", "-pool")

Key = tuple[str, ...]


def waiting(epps: Iterable[Epp], pools: Iterable[Pool]) -> list[Epp]:
    """Return the EPPs that watch a pool which is missing in `pools`, in order."""
    there = {(pool.ref.namespace, pool.ref.name, pool.group) for pool in pools}
    return [epp for epp in epps if epp.pool_name and (epp.pool_namespace, epp.pool_name, epp.group) not in there]


def assign(epps: Sequence[Epp], services: Sequence[ModelService]) -> dict[int, Epp]:
    """Return the EPP of each service by the service's position; services without a clear match are absent.

    A service gets the EPP whose pool selects its pods, or which shares its release, guide or name, if the match is
    unique on both sides. Finally, a single remaining service and a single remaining EPP of a namespace are matched.
    """
    found: dict[int, Epp] = {}
    left = list(epps)
    for of_epp, of_service in ((_epp_pool, _service_pool), (_epp_names, _service_names), (_epp_place, _service_place)):
        keys = {position: of_service(s) for position, s in enumerate(services) if position not in found}
        pairs = _unambiguous([(epp, of_epp(epp)) for epp in left], keys)
        found |= pairs
        taken = set(pairs.values())
        left = [epp for epp in left if epp not in taken]
    return found


def _unambiguous(epps: Sequence[tuple[Epp, set[Key]]], services: Mapping[int, set[Key]]) -> dict[int, Epp]:
    """Return the pairs that share a key, if neither shares a key with any other."""
    wooing: dict[Key, set[int]] = {}
    for index, (_, keys) in enumerate(epps):
        for key in keys:
            wooing.setdefault(key, set()).add(index)
    candidates = {position: set().union(*(wooing.get(k, set()) for k in keys)) for position, keys in services.items()}
    wooed = Counter(index for found in candidates.values() for index in found)
    return {
        position: epps[index][0]
        for position, found in candidates.items()
        for index in found
        if len(found) == 1 and wooed[index] == 1
    }


# A pool selects pods of its own namespace only, so every key contains the namespace.


def _epp_pool(epp: Epp) -> set[Key]:
    return {(epp.pool_namespace, epp.pool_name or "")}


def _service_pool(service: ModelService) -> set[Key]:
    return {(service.namespace, service.pool.name)} if service.pool else set()


def _epp_names(epp: Epp) -> set[Key]:
    return {(epp.pool_namespace, stem(n)) for n in (epp.release, epp.pool_name, epp.workload.name) if n}


def _service_names(service: ModelService) -> set[Key]:
    guides = {template.labels.get(GUIDE) for template in service.templates}
    return {(service.namespace, stem(name)) for name in (service.release, service.name, *guides) if name}


def _epp_place(epp: Epp) -> set[Key]:
    return {(epp.pool_namespace,)}


def _service_place(service: ModelService) -> set[Key]:
    return {(service.namespace,)}


def stem(name: str) -> str:
    """Return the release in a name of llm-d's guides: `gaie-a-epp` and `ms-a` both contain `a`."""
    before = next((prefix for prefix in _BEFORE if name.startswith(prefix)), "")
    bare = name.removeprefix(before)
    behind = next((suffix for suffix in _BEHIND if bare.endswith(suffix) and bare != suffix), "")
    return bare.removesuffix(behind)
