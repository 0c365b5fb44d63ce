"""Read Gateways with their listeners and their implementation. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Sequence

from llmd_routes import gateways
from llmd_routes.kube.namespaces import NamespaceOf
from llmd_routes.kube.objects import Object, Ref, items, mapping, name_of, namespace_of, of_kind, port_number, text
from llmd_routes.kube.workloads import Workload
from llmd_routes.model.gateways import Gateway, Listener, Version
from llmd_routes.names import GATEWAY


def read_gateways(objects: Sequence[Object], namespace: NamespaceOf, workloads: Sequence[Workload]) -> list[Gateway]:
    """Return the Gateways, sorted.

    The implementation comes from the GatewayClass's controller, else from the class name. The release comes from the
    images of `workloads`.
    """
    controllers = {
        name_of(o): text(o, "spec", "controllerName") for o in of_kind(list(objects), "GatewayClass", GATEWAY)
    }
    found = []
    for obj in of_kind(list(objects), "Gateway", GATEWAY):
        name = text(obj, "spec", "gatewayClassName") or ""
        ref = Ref(namespace(obj), "Gateway", name_of(obj))
        implementation = gateways.by_class(name, controllers.get(name))
        found.append(
            Gateway(
                ref=ref,
                own_namespace=namespace_of(obj),
                gateway_class=name,
                implementation=implementation.name if implementation else None,
                listeners=tuple(_listener(entry) for entry in items(obj, "spec", "listeners")),
                releases=_releases(ref, workloads),
            )
        )
    return sorted(found, key=lambda gateway: gateway.ref)


def _releases(gateway: Ref, workloads: Sequence[Workload]) -> dict[str, Version]:
    told = {one.name: one.release(gateway, workloads) for one in gateways.IMPLEMENTATIONS}
    return {name: release for name, release in told.items() if release is not None}


def _listener(entry: Object) -> Listener:
    return Listener(
        name=text(entry, "name") or "",
        port=port_number(entry.get("port")) or 0,
        protocol=text(entry, "protocol") or "",
        hostname=text(entry, "hostname"),
        namespaces_from=text(entry, "allowedRoutes", "namespaces", "from") or "Same",
        namespaces_selector=mapping(entry, "allowedRoutes", "namespaces", "selector"),
        kinds=tuple(text(kind, "kind") or "" for kind in items(entry, "allowedRoutes", "kinds")),
    )
