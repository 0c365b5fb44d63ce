"""Prove which labels select which pods, so that pools do not overlap. Pure, no I/O.

A pool's selector is a plain label map within one namespace, and pools must not overlap
(https://github.com/kubernetes-sigs/gateway-api-inference-extension/issues/724). Sets of templates are bit masks, so
that ten thousand of them are compared quickly.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import reduce
from itertools import combinations
from operator import and_, or_

from llmd_routes.model.inventory import PodTemplate
from llmd_routes.names import (
    ENGINE_TYPE,
    ENGINE_TYPE_LEGACY,
    GUIDE,
    LWS_WORKER_INDEX,
    MODEL,
    OWNED_BY,
    POD_INDEX,
    ROLE,
    SERVICE,
    SERVING,
)
from llmd_routes.text.placeholders import placeholder_in

# Labels that distinguish services, best first (design: routing decisions, pools). Others follow alphabetically, and
# roles come last: a selector by role would miss the other role once it is added.
_PREFERRED = (OWNED_BY, ENGINE_TYPE, SERVICE, GUIDE, MODEL, *SERVING)
# Labels of a pod's place in the cluster. They do not describe what it serves, so they are used only if no other label
# distinguishes services.
HARDWARE = ("llm-d.ai/accelerator", "llm-d.ai/hardware")
# Labels that a controller sets on each pod of a group to number it.
PLACES = (LWS_WORKER_INDEX, POD_INDEX)
# Labels of a class of pods: the next workload of that class carries them too.
_CLASSES = frozenset(
    (
        *(OWNED_BY, ENGINE_TYPE, ENGINE_TYPE_LEGACY, ROLE, *SERVING, *PLACES, "role"),
        *("app.kubernetes.io/component", "app.kubernetes.io/part-of", "app.kubernetes.io/managed-by"),
    )
)
# Labels whose values change with each release of a chart or image.
_PASSING = frozenset(("helm.sh/chart", "app.kubernetes.io/version"))
_MOST_LABELS = 4


class Templates:
    """An index of all pod templates of the input by label, to look up which templates a selector matches."""

    def __init__(self, templates: Iterable[PodTemplate]) -> None:
        """Index templates in order; the position of a template is its bit."""
        self.all: tuple[PodTemplate, ...] = tuple(templates)
        self._bit = {id(template): 1 << index for index, template in enumerate(self.all)}
        self._by_label: dict[tuple[str, str], int] = {}
        self._by_namespace: dict[str, int] = {}
        for index, template in enumerate(self.all):
            bit = 1 << index
            namespace = template.owner.namespace
            self._by_namespace[namespace] = self._by_namespace.get(namespace, 0) | bit
            for pair in template.labels.items():
                self._by_label[pair] = self._by_label.get(pair, 0) | bit
        self._every = (1 << len(self.all)) - 1

    def mask(self, templates: Iterable[PodTemplate]) -> int:
        """Return the set of the given templates (by identity)."""
        return reduce(or_, (self._bit[id(template)] for template in templates), 0)

    def taken(self, selector: Mapping[str, str], namespace: str | None) -> int:
        """Return the templates that a selector matches in a namespace, or in all namespaces for None.

        Templates of an unknown namespace may be in any; an empty selector matches everything.
        """
        return reduce(and_, (self._by_label.get(p, 0) for p in selector.items()), self.within(namespace))

    def within(self, namespace: str | None) -> int:
        """Return the templates that may be in a namespace."""
        if not namespace:
            return self._every
        return self._by_namespace.get(namespace, 0) | self._by_namespace.get("", 0)

    def takers(self, masks: Sequence[int]) -> dict[int, list[int]]:
        """Return, by the identity of each template, the positions of the `masks` that contain it."""
        found: dict[int, list[int]] = {}
        for position, mask in enumerate(masks):
            for template in self.of(mask):
                found.setdefault(id(template), []).append(position)
        return found

    def of(self, mask: int) -> list[PodTemplate]:
        """Return the templates of a set, in index order."""
        found = []
        while mask:
            bit = mask & -mask
            found.append(self.all[bit.bit_length() - 1])
            mask ^= bit
        return found


def lasting_selector(index: Templates, own: int, namespace: str) -> dict[str, str] | None:
    """Return labels that match exactly the templates `own`, and that later workloads do not match by chance.

    They are the labels by which the workloads find their own pods, if all workloads share some, and the fewest others
    that separate the pods from all other pods. Without such labels it is the smallest set; if that describes only a
    class of pods (engine, role), it is all stable common labels. None if no labels separate the pods.
    """
    mine = index.of(own)
    # Select by the position in a group only if no other label identifies the serving pod.
    by_place = any(template.derived for template in mine)
    labels = {key: value for key, value in common_labels(mine).items() if placeholder_in(value) is None}
    identity = dict(reduce(and_, (set(template.identity.items()) for template in mine))) if mine else {}
    base = {key: value for key, value in identity.items() if labels.get(key) == value}
    base = base if is_telling(base) else {}
    pairs = [pair for pair in labels.items() if (by_place or base or pair[0] not in PLACES) and pair[0] not in base]
    found = _smallest_of(index, own, sorted(pairs, key=_rank), namespace, base)
    if found is None or base or is_telling(found):
        return found
    lasting = {key: value for key, value in labels.items() if not _is_passing(key) and key not in PLACES}
    return dict(sorted((lasting | found).items())) if is_telling(lasting) else found


def is_telling(selector: Mapping[str, str]) -> bool:
    """Return whether a selector is more specific than a class of pods, such as their engine or role."""
    return any(key not in _CLASSES and not key.startswith(HARDWARE) for key in selector)


def _is_passing(key: str) -> bool:
    """Return whether a label's value changes with an upgrade or a move, so that a selector would lose the pods."""
    return key in _PASSING or key.startswith(HARDWARE)


def _smallest_of(
    index: Templates, own: int, common: list[tuple[str, str]], namespace: str, base: Mapping[str, str]
) -> dict[str, str] | None:
    """Return `base` and the fewest of the `common` labels that match exactly the templates `own`.

    Labels that are unique over all namespaces of the input are preferred to those that are unique in `namespace` only.
    Among sets of one size the one with the better-known labels wins, so the result does not depend on input order.
    """
    telling = [pair for pair in common if not _is_passing(pair[0])]
    for candidates in (telling, common):
        for scope in (None, namespace) if namespace else (None,):
            within = index.within(scope) & index.taken(base, None)
            found = dict(base) if base and within == own else _smallest(index, own, candidates, within, bool(base))
            if found:
                return dict(sorted({**base, **found}.items()))
    return None


def common_labels(templates: Sequence[PodTemplate]) -> dict[str, str]:
    """Return the labels that all templates carry with equal values."""
    pairs = [set(template.labels.items()) for template in templates]
    return dict(reduce(and_, pairs)) if pairs else {}


def _smallest(
    index: Templates, own: int, candidates: list[tuple[str, str]], scope: int, is_based: bool
) -> dict[str, str] | None:
    masks = {pair: index.taken(dict([pair]), None) for pair in candidates}
    if not candidates or reduce(and_, masks.values(), scope) != own:
        return None
    for size in range(1, min(_MOST_LABELS, len(candidates)) + 1):
        for chosen in combinations(candidates, size):
            # The position alone would also select the same position of every later group.
            if not is_based and all(key in PLACES for key, _ in chosen) and len(candidates) > len(chosen):
                continue
            if reduce(and_, (masks[pair] for pair in chosen), scope) == own:
                return dict(sorted(chosen))
    return dict(sorted(candidates))


def _rank(pair: tuple[str, str]) -> tuple[int, str]:
    key = pair[0]
    if key in _PREFERRED:
        return _PREFERRED.index(key), key
    if key in PLACES:
        return len(_PREFERRED) + 2, key
    return (len(_PREFERRED) + 1, key) if key == ROLE else (len(_PREFERRED), key)
