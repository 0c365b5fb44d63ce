"""Find Services that expose the pods of engines beside the Gateway. Pure.

Ingresses and Routes of OpenShift are not read.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from llmd_routes.explaining.surroundings import Surroundings
from llmd_routes.kube.objects import Object, Ref, labels, text
from llmd_routes.kube.origins import origin_of
from llmd_routes.model.findings import Finding

_EXPOSED: Final = ("LoadBalancer", "NodePort")


def judge_bypasses(pools: Iterable[Ref], around: Surroundings) -> Iterator[Finding]:
    """Yield a finding for each Service that is reachable from outside and selects pods of InferencePools."""
    selectors = {ref: pool.selector for ref in pools for pool in around.pools_at(ref)[:1] if pool.selector}
    for service in around.objects.of("Service", ""):
        selector, kind = labels(service, "spec", "selector"), text(service, "spec", "type")
        if kind not in _EXPOSED or not selector:
            continue
        ref = around.objects.ref(service)
        behind = _behind(ref.namespace, selector, around)
        for pool, wanted in selectors.items():
            if pool.namespace == ref.namespace and behind & _behind(ref.namespace, wanted, around):
                yield _exposed(ref, service, kind, pool)
                break


def _behind(namespace: str, selector: Mapping[str, str], around: Surroundings) -> set[Ref]:
    """Return the pods that a selector matches, and the workloads that create such pods."""
    pods = {around.objects.ref(pod) for pod in around.pods_of(namespace, selector)}
    return pods | set(around.creators_of(namespace, selector))


def _exposed(ref: Ref, service: Object, kind: str, pool: Ref) -> Finding:
    origin = origin_of(service)
    return Finding(
        "warning",
        "bypass",
        str(ref),
        "spec.type",
        f"has type {kind}, and selects pods of {pool}",
        "clients of the Service bypass the routes, endpoint pickers and policies of the Gateway",
        f"set the type ClusterIP in {origin or ref}, if clients should use the Gateway only",
    )
