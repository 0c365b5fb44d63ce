"""Report objects in a cluster that a controller rejects, or accepts only in part. Pure, no I/O.

Sources: the conditions of routes (RouteParentStatus) and of policies (GEP-713); agentgateway accepts a policy with an
invalid expression, with the reason PartiallyValid.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from llmd_routes.kube.objects import Object, Ref, items, kind_of, mapping, name_of, namespace_of, text
from llmd_routes.notices import Notice

_CONDITIONS: Final = ("Accepted", "ResolvedRefs", "Programmed", "Attached")
_PARTIAL: Final = "PartiallyValid"


def rejected_objects(objects: Iterable[Object]) -> Iterator[Notice]:
    """Yield a warning for each condition that shows a problem; conditions of earlier generations are ignored."""
    for obj in objects:
        ref = Ref(namespace_of(obj) or "", kind_of(obj), name_of(obj))
        generation = mapping(obj, "metadata").get("generation")
        status = mapping(obj, "status")
        for parent in (*items(status, "parents"), *items(status, "ancestors")):
            for condition in items(parent, "conditions"):
                if condition.get("observedGeneration", generation) == generation and _is_problem(condition):
                    reason, said = text(condition, "reason") or "no reason", text(condition, "message") or "no message"
                    controller = text(parent, "controllerName") or "its controller"
                    fact = (
                        f"{controller} reports {text(condition, 'type')}={text(condition, 'status')} ({reason}): {said}"
                    )
                    yield Notice("not-accepted", str(ref), " ".join(fact.split()), "correct what the message names")


def _is_problem(condition: Object) -> bool:
    is_false = text(condition, "status") == "False" and text(condition, "type") in _CONDITIONS
    return is_false or text(condition, "reason") == _PARTIAL
