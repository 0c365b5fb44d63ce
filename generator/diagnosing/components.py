"""Judge the generated Deployments: services beside the gateway, proxies, endpoint pickers and controllers. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from llmd_routes.kube.objects import Object, Ref, integer, mapping
from llmd_routes.model.findings import Finding, Severity

_IMPACT: Final = "the gateway cannot use it, so requests may fail"
_STALE: Final = "routes do not follow changes of the cluster"
_CONTROLLER: Final = "llmd-routes/controller"
_AGAIN: Final = "apply the output of llmd-routes generate again"


def judge_component(ref: Ref, obj: Object, *, is_live: bool) -> Iterator[Finding]:
    """Yield a finding if no pod of a Deployment is available; a Deployment of files may have no status."""
    status, wanted = mapping(obj, "status"), integer(mapping(obj, "spec").get("replicas", 1))
    # Without a controller, requests still go where they went.
    is_controller = _CONTROLLER in mapping(obj, "spec", "selector", "matchLabels")
    severity: Severity = "warning" if is_controller else "error"
    impact = _STALE if is_controller else _IMPACT
    if wanted == 0:
        yield Finding(severity, "component", str(ref), "spec.replicas", "requests no pods", impact, _AGAIN)
    elif (status or is_live) and not integer(status.get("availableReplicas")):
        fix = f"kubectl describe deployments -n {ref.namespace} {ref.name}"
        yield Finding(severity, "component", str(ref), "status.availableReplicas", "no pod is available", impact, fix)
