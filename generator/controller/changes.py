"""Compare what should be with what is, and decide what to apply and what to remove. Pure: values in, changes out.

desired  in the cluster                      change
yes      no                                  apply
yes      of this instance, with differences  apply
yes      of this instance, the same          nothing
yes      not managed by llmd-routes          nothing, and a problem
no       of this instance                    remove
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from llmd_routes.kinds import EMITTED, identity
from llmd_routes.kube.objects import Object, Ref, group_of, kind_of, name_of, namespace_of, text
from llmd_routes.names import INSTANCE
from llmd_routes.output.difference import as_emitted
from llmd_routes.problems import Problem


@dataclass(frozen=True, slots=True)
class Changes:
    """What to apply, in apply order, and what to remove, in the opposite order.

    `problems` are about objects that must not be changed.
    """

    apply: tuple[Object, ...] = ()
    remove: tuple[Object, ...] = ()
    problems: tuple[Problem, ...] = ()


def plan_changes(desired: Sequence[Object], live: Sequence[Object], instance: str, adopts: Iterable[str]) -> Changes:
    """Return the changes that make the objects of an instance as desired.

    `live` are the objects of the instance, and all objects with the names of desired objects. Objects that this
    instance does not manage are changed only if their kind is one of `adopts`.
    """
    there = {identity(obj): obj for obj in live}
    applied, problems = [], []
    for obj in desired:
        known = there.pop(identity(obj), None)
        if known is None or as_emitted(known, obj) != obj:
            foreign = known is not None and not _is_ours(known, instance) and kind_of(obj) not in adopts
            problems += [_foreign(obj)] if foreign else []
            applied += [] if foreign else [obj]
    unwanted = [obj for obj in there.values() if _is_ours(obj, instance)]
    return Changes(tuple(applied), tuple(sorted(unwanted, key=_apply_order, reverse=True)), tuple(problems))


def only_additions(changes: Changes, live: Iterable[Object]) -> Changes:
    """Return the changes that create objects, for a cluster in which every route must stay.

    Policies contain facts about routes too, so existing objects are neither changed nor removed.
    """
    there = {identity(obj) for obj in live}
    return replace(changes, apply=tuple(obj for obj in changes.apply if identity(obj) not in there), remove=())


def ref_of(obj: Object) -> Ref:
    """Return the reference of an object."""
    return Ref(namespace_of(obj) or "", kind_of(obj), name_of(obj))


def _is_ours(obj: Object, instance: str) -> bool:
    return text(obj, "metadata", "labels", INSTANCE) == instance


def _foreign(obj: Object) -> Problem:
    fact = f"exists without the label {INSTANCE} of this instance, so it is not changed"
    return Problem(str(ref_of(obj)), fact, "rename it, or choose other names with --instance")


def _apply_order(obj: Object) -> tuple[int, str, str]:
    names = [(kind.group, kind.kind) for kind in EMITTED]
    key = (group_of(obj), kind_of(obj))
    return (names.index(key) if key in names else -1, namespace_of(obj) or "", name_of(obj))
