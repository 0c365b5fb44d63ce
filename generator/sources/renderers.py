"""Objects that make ModelServices elsewhere: a controller or a tool renders them. Data and look-ups, no I/O.

They are read from files only, and told with the command that shows what they make; on a cluster that is there already.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from llmd_routes.kube.index import Objects
from llmd_routes.kube.kinds import ReadKind
from llmd_routes.kube.objects import Object, group_of, kind_of, name_of
from llmd_routes.kube.workloads import Workload
from llmd_routes.model.inventory import Ignored
from llmd_routes.names import CRD, FMA, GATEWAY, KSERVE, LLMD, LWS, POOL_GROUPS

from .source import Found

MAKERS: Final = (
    ReadKind("helm.toolkit.fluxcd.io", ("v2", "v2beta2"), "helmreleases", "HelmRelease"),
    ReadKind("argoproj.io", ("v1alpha1",), "applications", "Application"),
    ReadKind("nvidia.com", ("v1alpha1",), "dynamographdeployments", "DynamoGraphDeployment"),
    ReadKind("apps.nvidia.com", ("v1alpha1",), "nimservices", "NIMService"),
    ReadKind(KSERVE, ("v1beta1",), "inferenceservices", "InferenceService"),
    ReadKind("ray.io", ("v1",), "rayservices", "RayService"),
)
_MADE_BY: Final = frozenset((read.group, read.kind) for read in MAKERS)
# API groups of operators that create servers from resources without containers.
_OPERATORS: Final = frozenset(
    (
        *("kaito.sh", "kubeai.org", "ome.io", "inference.llmaz.io", "llmaz.io"),
        *("production-stack.vllm.ai", "model.aibrix.ai", "orchestration.aibrix.ai"),
    )
)
# API groups whose objects are pods, are read by a source, or describe objects without creating them.
_OTHERS: Final = frozenset(("", "apps", "batch", CRD, GATEWAY, KSERVE, FMA, LLMD, LWS, *POOL_GROUPS))
# Policies contain patterns of containers.
_POLICIES: Final = ("kyverno.io", "gatekeeper.sh")
# Checked in files only: a cluster contains the objects that these operators create.
READS: tuple[ReadKind, ...] = ()
_CLUSTER: Final = "read the cluster where {kind} is applied (without -f)"
_COMMANDS: Final = {
    "HelmRelease": "helm template {name} CHART -f VALUES | llmd-routes ... -f -",
    "Application": "argocd app manifests {name} | llmd-routes ... -f -",
}


def read(objects: Objects, left: Sequence[Workload]) -> Found:
    """Return a line for each object that creates others, in input order, with the command that renders these."""
    found = []
    for obj in objects.objects:
        if makes_pods(obj):
            command = _COMMANDS.get(kind_of(obj), _CLUSTER).format(kind=kind_of(obj), name=name_of(obj))
            reason = f"the objects that it creates are not in the input; {command}"
            found.append(Ignored(f"{kind_of(obj)}/{name_of(obj)}", reason))
    return Found(ignored=tuple(found))


def makes_pods(obj: Object) -> bool:
    """Return whether an object creates pods: one of a known kind, or of any kind with containers."""
    group = group_of(obj)
    if (group, kind_of(obj)) in _MADE_BY or group in _OPERATORS:
        return True
    return group not in _OTHERS and not group.endswith(_POLICIES) and _holds_containers(obj)


def _holds_containers(obj: Object) -> bool:
    left: list[Any] = [obj]
    while left:
        value = left.pop()
        if isinstance(value, dict):
            containers = value.get("containers")
            if isinstance(containers, list) and any(isinstance(each, dict) and "image" in each for each in containers):
                return True
            left += value.values()
        elif isinstance(value, list):
            left += value
    return False
