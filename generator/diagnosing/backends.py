"""Judge where the rules of HTTPRoutes lead: missing backends, pickers and pods that are not ready. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from llmd_routes.explaining.entrances import Door
from llmd_routes.kube.objects import Ref
from llmd_routes.model.explanation import Destination, Pods
from llmd_routes.model.findings import Finding, Severity
from llmd_routes.model.gateways import Route


def judge_destination(door: Door, route: Route, rule: int, destination: Destination) -> Iterator[Finding]:
    """Yield the findings about a backend of a rule (counted from 1), the endpoint picker before the pods."""
    if destination.fault:
        yield _broken(door, route, rule, destination)
        return
    if destination.picker is not None:
        yield from _judge_picker(door, destination, destination.picker)
    yield from _judge_pods(destination)


def _broken(door: Door, route: Route, rule: int, destination: Destination) -> Finding:
    field = route.place_of(rule - 1, "backendRefs")
    fact = f"rule {rule} references {destination.backend}, which the gateway cannot use: {destination.fault}"
    impact = "requests of the rule get 500"
    return Finding("error", "backend", str(route.ref), field, fact, impact, f"create it, or correct {field}")


def _judge_picker(door: Door, destination: Destination, picker: Ref) -> Iterator[Finding]:
    pods = destination.picker_pods
    if not pods.are_unavailable:
        return
    mode = destination.failure_mode
    status = door.status_without_picker(mode)
    impact = f"requests to {destination.backend} get {status}"
    if status is None:
        impact = f"the gateway chooses pods of {destination.backend} itself, without their caches and load"
    yield Finding(
        "error" if status is not None else "warning",
        "picker-unavailable",
        str(picker),
        _field(pods),
        f"no pod of the endpoint picker is ready, and failureMode is {mode}",
        impact,
        _fix(picker.namespace, pods),
    )


def _judge_pods(destination: Destination) -> Iterator[Finding]:
    pods, backend = destination.pods, destination.backend
    if not pods.is_known or (pods.names and pods.ready == len(pods.names)):
        return
    fact, impact = "no pod is ready", f"requests to {backend} get 503"
    if pods.ready:
        fact, impact = f"{len(pods.names) - pods.ready} of {len(pods.names)} pods are not ready", "the other pods serve"
    if not pods.names:
        fact = "no pod matches its selector"
    severity: Severity = "warning" if pods.ready else "error"
    yield Finding(severity, "pods", str(backend), _field(pods), fact, impact, _fix(backend.namespace, pods))


def _field(pods: Pods) -> str:
    return "status.conditions[Ready] of its pods" if pods.names else "spec.selector"


def _fix(namespace: str, pods: Pods) -> str:
    """Return a command that shows why pods are not ready, or what to check if there are none."""
    if pods.names:
        return f"kubectl describe pods -n {namespace} {' '.join(pods.names)}"
    if pods.workloads:
        return f"check the replicas of {', '.join(map(str, pods.workloads))}"
    return "correct the selector, or create the pods"
