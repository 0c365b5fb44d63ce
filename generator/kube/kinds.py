"""Describe a kind that is read or emitted, and the kinds that every installation has. Data, no I/O.

`llmd_routes.kinds` adds those of the sources and of the gateways.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from llmd_routes.names import CRD, GATEWAY, LLMD, LWS, POOL_V1, POOL_V1ALPHA2


@dataclass(frozen=True, slots=True)
class ReadKind:
    """A kind that is read.

    `versions` is in order of preference; the first one that the server supports is requested. `required` means that a
    result without these objects would be wrong, so the command fails if it may not list them. `everywhere` kinds are
    listed in all namespaces, even if the user selected some. `metadata_only` kinds are read without spec.
    """

    group: str
    versions: tuple[str, ...]
    plural: str
    kind: str
    namespaced: bool = True
    required: bool = True
    everywhere: bool = False
    metadata_only: bool = False

    @property
    def resource(self) -> str:
        """Return the resource as RBAC rules and kubectl name it: `deployments.apps`."""
        return f"{self.plural}.{self.group}" if self.group else self.plural


COMMON: Final = (
    ReadKind("", ("v1",), "pods", "Pod"),
    ReadKind("", ("v1",), "services", "Service"),
    ReadKind("", ("v1",), "configmaps", "ConfigMap", required=False),
    ReadKind("apps", ("v1",), "deployments", "Deployment"),
    ReadKind("apps", ("v1",), "statefulsets", "StatefulSet"),
    ReadKind("apps", ("v1",), "replicasets", "ReplicaSet"),
    # These three serve no model, but the planner must prove that no pool selects their pods.
    ReadKind("apps", ("v1",), "daemonsets", "DaemonSet"),
    ReadKind("batch", ("v1",), "jobs", "Job"),
    ReadKind("batch", ("v1",), "cronjobs", "CronJob"),
    ReadKind(LWS, ("v1",), "leaderworkersets", "LeaderWorkerSet"),
    ReadKind(GATEWAY, ("v1",), "gateways", "Gateway", everywhere=True),
    ReadKind(GATEWAY, ("v1",), "httproutes", "HTTPRoute", everywhere=True),
    ReadKind(GATEWAY, ("v1",), "gatewayclasses", "GatewayClass", namespaced=False, required=False),
    ReadKind(GATEWAY, ("v1", "v1beta1"), "referencegrants", "ReferenceGrant", required=False, everywhere=True),
    ReadKind("", ("v1",), "namespaces", "Namespace", namespaced=False, required=False),
    ReadKind(POOL_V1, ("v1",), "inferencepools", "InferencePool"),
    ReadKind(POOL_V1ALPHA2, ("v1alpha2",), "inferencepools", "InferencePool"),
    ReadKind(POOL_V1ALPHA2, ("v1alpha2",), "inferencemodelrewrites", "InferenceModelRewrite"),
    ReadKind(LLMD, ("v1alpha2",), "inferencemodelrewrites", "InferenceModelRewrite"),
    ReadKind(
        CRD,
        ("v1",),
        "customresourcedefinitions",
        "CustomResourceDefinition",
        namespaced=False,
        required=False,
        metadata_only=True,
    ),
)

# Kinds emitted for every gateway, in the API versions of the templates.
COMMON_EMITTED: Final = (
    ReadKind("", ("v1",), "serviceaccounts", "ServiceAccount"),
    ReadKind("rbac.authorization.k8s.io", ("v1",), "roles", "Role"),
    ReadKind("rbac.authorization.k8s.io", ("v1",), "rolebindings", "RoleBinding"),
    ReadKind("", ("v1",), "configmaps", "ConfigMap"),
    ReadKind("", ("v1",), "services", "Service"),
    ReadKind("apps", ("v1",), "deployments", "Deployment"),
    ReadKind("policy", ("v1",), "poddisruptionbudgets", "PodDisruptionBudget"),
    ReadKind("networking.k8s.io", ("v1",), "networkpolicies", "NetworkPolicy"),
    ReadKind(POOL_V1, ("v1",), "inferencepools", "InferencePool"),
    ReadKind(POOL_V1ALPHA2, ("v1alpha2",), "inferencepools", "InferencePool"),
    ReadKind(GATEWAY, ("v1",), "httproutes", "HTTPRoute"),
)
