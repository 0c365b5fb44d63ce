"""Where Envoy sends requests: Services, pods of InferencePools, and the endpoint pickers that choose these. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from llmd_routes.kube.objects import Ref, ServicePort
from llmd_routes.model.plan import PlannedRoute, Share
from llmd_routes.names import CLUSTER_DOMAIN

from .pickers import Picker


@dataclass(frozen=True, slots=True, order=True)
class Cluster:
    """A cluster of Envoy: a Service by its `host` and `port`, or the pods that a picker chooses (`host` is empty).

    `is_picker` clusters speak gRPC, with TLS if `tls`.
    """

    name: str
    host: str = ""
    port: int = 0
    is_picker: bool = False
    tls: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """A weighted destination of a rule: its cluster, and the cluster of the endpoint picker, None for Services."""

    cluster: str
    weight: int
    picker: str | None = None


def service_cluster(service: ServicePort) -> Cluster:
    """Return the cluster of a Service."""
    return Cluster(f"service/{service.namespace}/{service.name}/{service.port}", _host(service), service.port)


def pool_cluster(pool: Ref) -> Cluster:
    """Return the cluster of the pods of an InferencePool."""
    return Cluster(f"pool/{pool.namespace}/{pool.name}")


def picker_cluster(picker: Picker) -> Cluster:
    """Return the cluster of an endpoint picker."""
    service = picker.service
    name = f"picker/{service.namespace}/{service.name}/{service.port}"
    return Cluster(name, _host(service), service.port, is_picker=True, tls=picker.tls)


def target_of(share: Share, namespace: str, pickers: Mapping[Ref, Picker]) -> Target:
    """Return the destination of a backend of a rule in a namespace; `pickers` are those of all pools."""
    if share.port is not None:
        cluster = service_cluster(ServicePort(namespace, share.name, share.port))
        return Target(cluster.name, share.weight)
    pool = Ref(namespace, "InferencePool", share.name)
    return Target(pool_cluster(pool).name, share.weight, picker_cluster(pickers[pool]).name)


def clusters(
    routes: Iterable[PlannedRoute], pickers: Mapping[Ref, Picker], services: Iterable[ServicePort] = ()
) -> Sequence[Cluster]:
    """Return the clusters of all rules and of further services, sorted, each once."""
    needed = {service_cluster(service) for service in services}
    for route in routes:
        for rule in route.rules:
            if rule.service is not None:
                needed.add(service_cluster(rule.service))
            for share in rule.shares:
                pool = Ref(route.ref.namespace, "InferencePool", share.name)
                if share.port is not None:
                    needed.add(service_cluster(ServicePort(route.ref.namespace, share.name, share.port)))
                else:
                    needed |= {pool_cluster(pool), picker_cluster(pickers[pool])}
    return sorted(needed)


def _host(service: ServicePort) -> str:
    # With a dot at the end, Envoy does not try the search domains of the pod first.
    return f"{service.name}.{service.namespace}.{CLUSTER_DOMAIN}."
