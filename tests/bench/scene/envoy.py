"""Envoy as the pod of an istio Gateway: what it is started with."""

from __future__ import annotations

from typing import Any

Obj = dict[str, Any]
ADMIN_PORT = 15000
_HTTP_OPTIONS = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


def bootstrap(pod: Obj, address: str, xds: str) -> Obj:
    """Return the configuration of an Envoy that is a pod at an address and asks istiod (HOST:PORT) for the rest."""
    return {
        "node": _node(pod, address),
        "dynamic_resources": {
            "ads_config": {
                "api_type": "GRPC",
                "transport_api_version": "V3",
                "set_node_on_first_message_only": True,
                "grpc_services": [{"envoy_grpc": {"cluster_name": "xds-grpc"}}],
            },
            "lds_config": {"ads": {}, "resource_api_version": "V3"},
            "cds_config": {"ads": {}, "resource_api_version": "V3"},
        },
        "static_resources": {"clusters": [_xds_cluster(*xds.split(":"))]},
        # Reachable from the bench alone: the pod has a network of its own.
        "admin": {"address": _address("0.0.0.0", ADMIN_PORT)},
    }


def _node(pod: Obj, address: str) -> Obj:
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    labels = pod["metadata"]["labels"]
    return {
        "id": f"router~{address}~{name}.{namespace}~{namespace}.svc.cluster.local",
        "cluster": f"{name}.{namespace}",
        "metadata": {
            "CLUSTER_ID": "Kubernetes",
            "NAMESPACE": namespace,
            "NAME": name,
            "INSTANCE_IPS": address,
            "ISTIO_VERSION": pod["spec"]["containers"][0]["image"].rpartition(":")[2],
            "LABELS": labels,
            "WORKLOAD_NAME": name,
            "SERVICE_ACCOUNT": pod["spec"].get("serviceAccountName", "default"),
            "MESH_ID": "cluster.local",
        },
    }


def _xds_cluster(host: str, port: str) -> Obj:
    http2: Obj = {"explicit_http_config": {"http2_protocol_options": {}}}
    endpoint = {"endpoint": {"address": _address(host, int(port))}}
    return {
        "name": "xds-grpc",
        "type": "STATIC",
        "connect_timeout": "1s",
        "typed_extension_protocol_options": {_HTTP_OPTIONS: {"@type": f"type.googleapis.com/{_HTTP_OPTIONS}", **http2}},
        "load_assignment": {"cluster_name": "xds-grpc", "endpoints": [{"lb_endpoints": [endpoint]}]},
    }


def _address(host: str, port: int) -> Obj:
    return {"socket_address": {"address": host, "port_value": port}}
