"""Find InferencePools that select no pods, beside ModelServices that no pool selects: often a wrong label. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from llmd_routes.model.inventory import ModelService, Pool
from llmd_routes.notices import Notice

from .selectors import Templates


def empty_pools(pools: Sequence[Pool], services: Sequence[ModelService], index: Templates) -> Iterator[Notice]:
    """Yield a warning for each pool that selects no pods, about the ModelService with the most similar labels."""
    for pool in pools:
        poolless = [
            service
            for service in services
            if service.pool is None and service.managed_pool is None and service.namespace == pool.ref.namespace
        ]
        if not pool.selector or not poolless or index.taken(pool.selector, pool.ref.namespace or None):
            continue
        nearest = max(poolless, key=lambda service: (_likeness(pool, service), service.title))
        wanted = _shown(nearest.selector) if nearest.selector else "labels of its pods"
        fact = f"{pool.ref} selects {_shown(pool.selector)}, and no pod of the input has these labels"
        fix = (
            f"set the selector of the pool to {wanted} in {pool.origin}"
            if pool.origin
            else f"set its spec.selector to {wanted}"
        )
        yield Notice("pool-selects-nothing", nearest.title, fact, f"{fix}, if the pool is for this service")


def _likeness(pool: Pool, service: ModelService) -> float:
    """Return how many labels of the selector the service has."""
    carried = {f"{key}={value}" for template in service.templates for key, value in template.labels.items()}
    wanted = [f"{key}={value}" for key, value in pool.selector.items()]
    return sum(max((SequenceMatcher(None, pair, each).ratio() for each in carried), default=0.0) for pair in wanted)


def _shown(labels: Mapping[str, str]) -> str:
    return ", ".join(f"{key}={value}" for key, value in labels.items())
