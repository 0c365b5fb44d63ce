"""Join the catalog with the state of pods and the answers of engines. Pure, no I/O."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, NamedTuple

from .catalog import Catalog, Service
from .engine_models import MOST_MODELS
from .pods import PodIndex, Target, target_of
from .served import Entry, Served

Obj = dict[str, Any]


class Silence(Enum):
    """Why an engine has no list: it requires a key, or its response is unusable."""

    REFUSED = "refused"
    WRONG = "wrong"


# An engine's fields of each model, by model name.
Told = Mapping[str, Obj] | Silence


class _Seen(NamedTuple):
    """A pod of a service with its response, None before the first query."""

    ready: bool
    told: Told | None

    @property
    def names(self) -> Iterable[str]:
        """Return the models that the pod certainly serves."""
        return self.told if self.ready and isinstance(self.told, Mapping) else ()


def live(catalog: Catalog, pods: PodIndex, told: Mapping[Target, Told], before: Served) -> Served:
    """Return what is served now.

    An entry is available if a ready pod serves it: a pod that lists the model, or one that has no list. If the pods are
    unknown, so is availability. `before` is the previous result: fields of an engine stay when its pods are gone, and
    `created` keeps its first value, because engines report the time of the query.
    """
    seen: dict[tuple[str, str], list[_Seen]] = defaultdict(list)
    blind: set[tuple[str, str]] = set()
    for service in catalog.services:
        there = list(_seen(service, pods, told))
        ours = {(model.id, service.owned_by) for model in service.models}
        if not pods.knows(service.pods):
            blind |= ours
        # A bound for each service's part of the list, however many models its pods report.
        names = sorted({name for one in there for name in one.names})[:MOST_MODELS]
        for key in ours | {(name, service.owned_by) for name in names}:
            seen[key] += there
    known = {entry.key: entry.more for entry in (*before.entries, *before.unrouted)}

    def now(entry: Entry) -> Entry:
        return entry._replace(more=_more(entry, seen[entry.key], known.get(entry.key, {}), entry.key in blind))

    routed = tuple(map(now, catalog.entries))
    others = [now(Entry(*key)) for key in sorted(seen.keys() - {entry.key for entry in routed})]
    return Served(routed, tuple(entry._replace(more={**entry.more, "routed": False}) for entry in others))


def targets(catalog: Catalog, pods: PodIndex) -> set[Target]:
    """Return the targets to query."""
    return {
        target_of(pod, service.pods)
        for service in catalog.services
        if service.pods is not None
        for pod in pods.of(service.pods)
    }


def _seen(service: Service, pods: PodIndex, told: Mapping[Target, Told]) -> Iterator[_Seen]:
    if service.pods is not None:
        for pod in pods.of(service.pods):
            yield _Seen(pod.ready, told.get(target_of(pod, service.pods)))


def _more(entry: Entry, there: Iterable[_Seen], before: Mapping[str, Any], blind: bool) -> Obj:
    """Return an entry with what its engine reports, and whether it is available if that is known."""
    available, found = False, None
    for one in there:
        names = entry.served_as or (entry.id,)
        available = available or (one.ready and any(_serves(one.told, name) for name in names))
        if found is None and isinstance(one.told, Mapping):
            found = one.told.get(entry.id)
    more = {**(found if found is not None else _without(before))}
    if "created" in before:
        more["created"] = before["created"]
    if available or not blind:
        more["available"] = available
    return more


def _serves(told: Told | None, model: str) -> bool:
    if isinstance(told, Mapping):
        return model in told
    return told is not Silence.WRONG


def _without(before: Mapping[str, Any]) -> Obj:
    return {name: value for name, value in before.items() if name not in ("available", "routed")}
