"""Make Kubernetes Events of problems: on the ModelServices and Gateways that they are about. Pure: objects out.

Spec: https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from llmd_routes.kube.objects import Object, Ref, kind_of, mapping, name_of, namespace_of
from llmd_routes.model.inventory import ModelService
from llmd_routes.problems import Problem

_COMPONENT: Final = "llmd-routes-controller"
# The longest message that the API server accepts, in bytes.
_LONGEST: Final = 1024
_OTHER: Final = "RoutesFailed"


def events_of(
    problems: Iterable[Problem],
    objects: Iterable[Object],
    services: Iterable[ModelService],
    gateways: Sequence[Ref],
    now: datetime,
) -> Iterator[Object]:
    """Yield an Event for each problem and each object that it concerns.

    A problem of a ModelService concerns its workloads. A problem of another object concerns that object if it is in a
    namespace of ModelServices or Gateways. All other problems, and those of settings in a ConfigMap, concern the
    Gateways.
    """
    known = {Ref(namespace_of(obj) or "", kind_of(obj), name_of(obj)): obj for obj in objects}
    workloads = {service.title: service.workloads for service in services}
    places = {ref.namespace for refs in (gateways, *workloads.values()) for ref in refs}
    shown = (ref for ref in known if ref.namespace in places and ref.kind != "ConfigMap")
    concerned = {str(ref): (ref,) for ref in shown} | workloads
    for problem in problems:
        for ref in concerned.get(problem.object) or gateways:
            if ref in known and ref.namespace:
                yield _event(problem, known[ref], now)


def _event(problem: Problem, obj: Object, now: datetime) -> Object:
    namespace, name = namespace_of(obj) or "", name_of(obj)
    message = str(problem).encode()[:_LONGEST].decode(errors="ignore")
    digest = hashlib.sha256(f"{message}{now.timestamp()}".encode()).hexdigest()[:16]
    time = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    involved: Mapping[str, Any] = {
        "apiVersion": obj.get("apiVersion"),
        "kind": kind_of(obj),
        "namespace": namespace,
        "name": name,
        "uid": mapping(obj, "metadata").get("uid"),
    }
    return {
        "apiVersion": "v1",
        "kind": "Event",
        "metadata": {"name": f"{name[:200]}.{digest}", "namespace": namespace},
        "involvedObject": involved,
        "reason": _reason(problem.code),
        "message": message,
        "type": "Warning",
        "source": {"component": _COMPONENT},
        "reportingComponent": _COMPONENT,
        "firstTimestamp": time,
        "lastTimestamp": time,
        "count": 1,
    }


def _reason(code: str) -> str:
    """Return the reason of an Event: WeakSelector for the code weak-selector."""
    return "".join(word.capitalize() for word in code.split("-")) or _OTHER
