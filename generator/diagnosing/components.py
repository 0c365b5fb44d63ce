"""Judge the generated Deployments: the external service, the models server, proxies and endpoint pickers. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from llmd_routes.kube.objects import Object, Ref, integer, mapping
from llmd_routes.model.findings import Finding

_IMPACT: Final = "the gateway cannot use it, so requests may fail"
_AGAIN: Final = "apply the output of llmd-routes generate again"


def judge_component(ref: Ref, obj: Object, *, is_live: bool) -> Iterator[Finding]:
    """Yield a finding if no pod of a Deployment is available; a Deployment of files may have no status."""
    status, wanted = mapping(obj, "status"), integer(mapping(obj, "spec").get("replicas", 1))
    if wanted == 0:
        yield Finding("error", "component", str(ref), "spec.replicas", "requests no pods", _IMPACT, _AGAIN)
    elif (status or is_live) and not integer(status.get("availableReplicas")):
        fix = f"kubectl describe deployments -n {ref.namespace} {ref.name}"
        yield Finding("error", "component", str(ref), "status.availableReplicas", "no pod is available", _IMPACT, fix)
