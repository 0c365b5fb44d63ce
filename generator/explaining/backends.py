"""Resolve the backends of a rule: InferencePools with their endpoint pickers and pods, and Services. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from llmd_routes.inventory.reference_grants import is_permitted
from llmd_routes.kube.objects import Object, Ref, group_of_reference, integer, items, labels, mapping, port_number, text
from llmd_routes.model.explanation import Destination, Pods
from llmd_routes.model.gateways import Route
from llmd_routes.model.inventory import Pool
from llmd_routes.names import POOL_GROUPS

from .surroundings import Surroundings

_POOL: Final = "InferencePool"


def resolve_backends(route: Route, rule: Object, around: Surroundings) -> tuple[Destination, ...]:
    """Return the backends of a rule that get requests, in order."""
    return tuple(_destinations(route, rule, around))


def _destinations(route: Route, rule: Object, around: Surroundings) -> Iterator[Destination]:
    for backend in items(rule, "backendRefs"):
        weight = integer(backend.get("weight", 1))
        kind, name = text(backend, "kind") or "Service", text(backend, "name") or ""
        ref = Ref(text(backend, "namespace") or route.ref.namespace, kind, name)
        if weight == 0:
            continue
        share = 1 if weight is None else weight
        if kind == _POOL:
            yield _pool(route, ref, group_of_reference(backend, ""), share, around)
        else:
            yield _service(ref, port_number(backend.get("port")), share, around)


def _pool(route: Route, ref: Ref, group: str, weight: int, around: Surroundings) -> Destination:
    pools = around.pools_at(ref)
    if group not in POOL_GROUPS:
        given = f"API group {group}" if group else "no API group"
        return Destination(ref, "", weight, fault=f"the rule references it with {given}, so the gateway finds no pool")
    if not is_permitted(around.grants, route.ref.namespace, ref, group):
        fault = f"no ReferenceGrant permits HTTPRoutes of {route.ref.namespace} to reference it"
        return Destination(ref, "", weight, fault=fault if around.is_complete(ref.namespace) else "")
    pool = next((pool for pool in pools if pool.group == group), None)
    if pool is None:
        fault = f"exists only in another API group, {pools[0].group}" if pools else "does not exist"
        return Destination(ref, "", weight, fault=fault if pools or around.is_complete(ref.namespace) else "")
    return _existing_pool(pool, weight, around)


def _existing_pool(pool: Pool, weight: int, around: Surroundings) -> Destination:
    namespace = pool.ref.namespace
    picker = Ref(namespace, "Service", pool.epp) if pool.epp else None
    fault = ""
    selector: Mapping[str, str] = {}
    if picker is not None:
        service = around.service(picker)
        selector = labels(service, "spec", "selector") if service else {}
        if service is None and around.is_complete(namespace):
            fault = f"its endpoint picker, {picker}, does not exist"
    served = around.served_by(pool.ref)
    models = {model for service in served for model in service.models}
    is_known = bool(served) and all(service.models and not service.dynamic_models for service in served)
    return Destination(
        pool.ref,
        ", ".join(map(str, pool.ports)),
        weight,
        picker,
        find_pods(namespace, selector, around) if selector else Pods(),
        find_pods(namespace, pool.selector, around) if pool.selector else Pods(),
        pool.failure_mode,
        tuple(sorted(models)) if is_known else None,
        fault,
    )


def _service(ref: Ref, port: int | None, weight: int, around: Surroundings) -> Destination:
    service = around.service(ref)
    missing = service is None and ref.kind == "Service" and around.is_complete(ref.namespace)
    selector = labels(service, "spec", "selector") if service else {}
    pods = find_pods(ref.namespace, selector, around) if selector else Pods()
    return Destination(ref, str(port or ""), weight, pods=pods, fault="does not exist" if missing else "")


def find_pods(namespace: str, selector: Mapping[str, str], around: Surroundings) -> Pods:
    """Return the pods that a selector matches; without pods in the input, the workloads that create them."""
    matching = around.pods_of(namespace, selector)
    if matching:
        names = sorted(text(pod, "metadata", "name") or "" for pod in matching)
        return Pods(tuple(names), sum(map(is_ready, matching)), is_known=True)
    return Pods(workloads=around.creators_of(namespace, selector), is_known=around.is_complete(namespace))


def is_ready(pod: Object) -> bool:
    """Return whether a pod is ready and stays: it has the condition, and is not being deleted."""
    conditions = items(pod, "status", "conditions")
    is_true = any(text(each, "type") == "Ready" and text(each, "status") == "True" for each in conditions)
    return is_true and "deletionTimestamp" not in mapping(pod, "metadata")
