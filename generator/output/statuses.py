"""Report objects in a cluster that a controller rejects, or accepts only in part. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from llmd_routes.diagnosing.conditions import judge_object
from llmd_routes.kube.objects import Object, Ref, kind_of, name_of, namespace_of
from llmd_routes.notices import Notice


def rejected_objects(objects: Iterable[Object]) -> Iterator[Notice]:
    """Yield a warning for each condition that shows a problem; stale and pending ones are ignored after an apply."""
    for obj in objects:
        ref = Ref(namespace_of(obj) or "", kind_of(obj), name_of(obj))
        for finding in judge_object(ref, obj, is_live=False):
            if finding.cause == "condition":
                yield Notice("not-accepted", finding.object, finding.fact, finding.fix)
