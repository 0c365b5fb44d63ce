"""The kinds of Kubernetes objects that are read, how the API server names them, and when one is the same as another.

Data and look-ups only, no I/O: both readers (files and cluster) take their list from here, so that the same objects
in a folder and in a cluster give the same input to what follows.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Final

from .names import CRD, FMA, GATEWAY, ISTIO_NETWORKING, KSERVE, LLMD, LWS, POOL_V1, POOL_V1ALPHA2
from .objects import Object, group_of, kind_of, mapping, name_of, namespace_of


@dataclass(frozen=True, slots=True)
class ReadKind:
    """A kind that is read.

    `versions` is in order of preference; the first one that the server has is asked for. `required` means that a
    result without these objects would be wrong, so that not being allowed to list them stops the run. `everywhere`
    kinds are looked for in all namespaces even when some were asked for. `metadata_only` kinds are read without spec.
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


KINDS: Final = (
    ReadKind("", ("v1",), "pods", "Pod"),
    ReadKind("", ("v1",), "services", "Service"),
    ReadKind("", ("v1",), "configmaps", "ConfigMap", required=False),
    ReadKind("apps", ("v1",), "deployments", "Deployment"),
    ReadKind("apps", ("v1",), "statefulsets", "StatefulSet"),
    ReadKind("apps", ("v1",), "replicasets", "ReplicaSet"),
    # These three serve nothing, but a pool's selector must be proven not to take their pods.
    ReadKind("apps", ("v1",), "daemonsets", "DaemonSet"),
    ReadKind("batch", ("v1",), "jobs", "Job"),
    ReadKind("batch", ("v1",), "cronjobs", "CronJob"),
    ReadKind(LWS, ("v1",), "leaderworkersets", "LeaderWorkerSet"),
    ReadKind(KSERVE, ("v1alpha2", "v1alpha1"), "llminferenceservices", "LLMInferenceService"),
    # The presets live in the namespace of KServe, a Gateway often in one of its own.
    ReadKind(
        KSERVE,
        ("v1alpha2", "v1alpha1"),
        "llminferenceserviceconfigs",
        "LLMInferenceServiceConfig",
        required=False,
        everywhere=True,
    ),
    ReadKind(FMA, ("v1alpha1",), "inferenceserverconfigs", "InferenceServerConfig"),
    ReadKind(LLMD, ("v1alpha1",), "modelservices", "ModelService"),
    ReadKind(GATEWAY, ("v1",), "gateways", "Gateway", everywhere=True),
    ReadKind(GATEWAY, ("v1",), "httproutes", "HTTPRoute", everywhere=True),
    ReadKind(GATEWAY, ("v1",), "gatewayclasses", "GatewayClass", namespaced=False, required=False),
    ReadKind(GATEWAY, ("v1", "v1beta1"), "referencegrants", "ReferenceGrant", required=False, everywhere=True),
    ReadKind("", ("v1",), "namespaces", "Namespace", namespaced=False, required=False),
    ReadKind(POOL_V1, ("v1",), "inferencepools", "InferencePool"),
    ReadKind(POOL_V1ALPHA2, ("v1alpha2",), "inferencepools", "InferencePool"),
    ReadKind(ISTIO_NETWORKING, ("v1", "v1beta1", "v1alpha3"), "destinationrules", "DestinationRule", required=False),
    # Those beside a Gateway: another set of routes may read the bodies of its requests already.
    ReadKind(ISTIO_NETWORKING, ("v1alpha3",), "envoyfilters", "EnvoyFilter", required=False, everywhere=True),
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

# What makes some of the above: read from files only, because a cluster has what they made.
MAKERS: Final = (
    ReadKind("helm.toolkit.fluxcd.io", ("v2", "v2beta2"), "helmreleases", "HelmRelease"),
    ReadKind("argoproj.io", ("v1alpha1",), "applications", "Application"),
    ReadKind("nvidia.com", ("v1alpha1",), "dynamographdeployments", "DynamoGraphDeployment"),
    ReadKind("apps.nvidia.com", ("v1alpha1",), "nimservices", "NIMService"),
    ReadKind(KSERVE, ("v1beta1",), "inferenceservices", "InferenceService"),
    ReadKind("ray.io", ("v1",), "rayservices", "RayService"),
)

# What is emitted, in the versions of the templates.
EMITTED: Final = (
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
    ReadKind(ISTIO_NETWORKING, ("v1",), "destinationrules", "DestinationRule"),
    ReadKind(ISTIO_NETWORKING, ("v1alpha3",), "envoyfilters", "EnvoyFilter"),
    ReadKind(GATEWAY, ("v1",), "httproutes", "HTTPRoute"),
)

_BY_NAME: Final = {(read.group, read.kind): read for read in (*KINDS, *MAKERS)}

Identity = tuple[str, str, str, str]


def kind_read(obj: Object) -> ReadKind | None:
    """Return the entry for an object of any version of its group, or None when such objects are not read."""
    return _BY_NAME.get((group_of(obj), kind_of(obj)))


def identity(obj: Object) -> Identity:
    """Return what makes an object the one it is, and its place in the order: group, kind, namespace or "", name.

    The version is no part of it: every version of a group shows the same object.
    """
    read = kind_read(obj)
    namespace = "" if read and not read.namespaced else namespace_of(obj) or ""
    return group_of(obj), kind_of(obj), namespace, name_of(obj)


def in_order(objects: list[Object]) -> tuple[Object, ...]:
    """Return the objects sorted by identity; those without a name of their own (generateName) also by content."""
    return tuple(sorted(objects, key=lambda obj: (identity(obj), _content(obj))))


def _content(obj: Object) -> str:
    named = mapping(obj, "metadata").get("name")
    return "" if named else json.dumps(obj, sort_keys=True, default=str)


def without_managed_fields(obj: Object) -> Object:
    """Return the object without `metadata.managedFields`: long, and never an input of any decision."""
    metadata = obj.get("metadata")
    if not isinstance(metadata, dict) or "managedFields" not in metadata:
        return obj
    return {**obj, "metadata": {key: value for key, value in metadata.items() if key != "managedFields"}}
