"""Judge the conditions in the status of one object: False, unknown, or of an earlier generation. Pure.

Spec: https://gateway-api.sigs.k8s.io/reference/spec/ (conditions and reasons of each kind) and, for InferencePools,
https://gateway-api-inference-extension.sigs.k8s.io/reference/spec/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from llmd_routes.kube.objects import Object, Ref, integer, items, mapping, text
from llmd_routes.model.findings import Cause, Finding

# The impact of each condition that is not True, by kind; other conditions say nothing about requests.
_EXPECTED: Final[Mapping[str, Mapping[str, str]]] = {
    "GatewayClass": {"Accepted": "no controller serves its Gateways: connections are refused"},
    "Gateway": {
        "Accepted": "no proxy serves the Gateway: connections are refused",
        "Programmed": "connections are refused, or the proxy has an earlier configuration",
    },
    "listener": {
        "Accepted": "the listener does not exist: connections are refused",
        "Programmed": "connections to the listener are refused, or it has an earlier configuration",
        "ResolvedRefs": "requests to the listener fail",
    },
    "HTTPRoute": {
        "Accepted": "the gateway ignores the route: requests get 404",
        "Programmed": "the gateway may not have the route yet",
        "ResolvedRefs": "requests to the backend get 500",
    },
    "InferencePool": {
        "Accepted": "requests to the pool get 500",
        "ResolvedRefs": "the gateway cannot ask the endpoint picker: requests get 500 or 503",
    },
}
# The kinds with conditions in the status itself, not for each parent.
_PLAIN: Final = ("GatewayClass", "Gateway")
_POLICY: Final = dict.fromkeys(("Accepted", "Attached", "Programmed", "ResolvedRefs"), "the policy has no effect")
# agentgateway accepts a policy with an invalid expression, with this reason.
_PARTIAL: Final = "PartiallyValid"
_PARTLY: Final = "a part of the policy has no effect"
# Conditions that are problems if they are True, by kind.
_UNWANTED: Final[Mapping[str, Mapping[str, str]]] = {
    "listener": {"Conflicted": "the listener gets no requests"},
    "HTTPRoute": {"PartiallyInvalid": "the gateway ignores some rules: their requests get 404, or match other rules"},
}
_FIXES: Final = {
    "NotAllowedByListeners": "set allowedRoutes of the listener so that it accepts routes of the namespace",
    "NoMatchingListenerHostname": "set hostnames of the route, or hostname of the listener, so that they overlap",
    "NoMatchingParent": "correct name, sectionName and port in spec.parentRefs",
    "BackendNotFound": "create the backend, or correct spec.rules[].backendRefs",
    "RefNotPermitted": "add a ReferenceGrant in the namespace of the referenced object",
    "InvalidKind": "correct group and kind of the reference, or enable InferencePools in the gateway's controller",
    "InvalidExtensionRef": "create the Service of the endpoint picker, or correct the pool's reference to it",
    "AddressNotAssigned": "check the load balancer of the cluster, or set the type of the Gateway's Service",
    "Pending": "check that the gateway's controller runs, and that its GatewayClass exists",
}
# The API server sets this reason by default; a controller that runs replaces it.
_UNCLAIMED: Final = "Pending"


def judge_object(ref: Ref, obj: Object, *, is_live: bool) -> Iterator[Finding]:
    """Yield the findings in the status of an object; without a status, only an object of a cluster has a finding."""
    status, generation = mapping(obj, "status"), integer(mapping(obj, "metadata").get("generation"))
    if ref.kind not in _PLAIN:
        # The placeholder of an InferencePool that no HTTPRoute references has the kind Status.
        parents = [each for each in items(status, "parents") if text(each, "parentRef", "kind") != "Status"]
        if ref.kind == "HTTPRoute" and not parents and (is_live or status):
            yield _unclaimed(ref)
        kind = ref.kind if ref.kind in _EXPECTED else "policy"
        for where, holders in (("parents", parents), ("ancestors", items(status, "ancestors"))):
            for holder in holders:
                yield from _judge(ref, kind, f"status.{where}[]", holder, generation)
        return
    if ref.kind == "Gateway" and not items(status, "conditions") and is_live:
        yield _unclaimed(ref)
    yield from _judge(ref, ref.kind, "status", status, generation)
    for listener in items(status, "listeners") if ref.kind == "Gateway" else ():
        where = f"status.listeners[{text(listener, 'name')}]"
        yield from _judge(ref, "listener", where, listener, generation)


def _judge(ref: Ref, kind: str, where: str, holder: Object, generation: int | None) -> Iterator[Finding]:
    """Yield the findings about the conditions that an object, a parent, an ancestor or a listener has."""
    expected = _POLICY if kind == "policy" else _EXPECTED.get(kind, {})
    is_stale = False
    for condition in items(holder, "conditions"):
        name, status = text(condition, "type") or "", text(condition, "status")
        observed = integer(condition.get("observedGeneration"))
        impact = expected.get(name) if status != "True" else _UNWANTED.get(kind, {}).get(name)
        impact = _PARTLY if text(condition, "reason") == _PARTIAL else impact
        field = f"{where}.conditions[{name}]"
        if name in expected and observed is not None and generation is not None and observed < generation:
            # All conditions of a holder are usually stale together.
            yield from () if is_stale else (_stale(ref, field, observed, generation),)
            is_stale = True
        elif impact is not None:
            yield _unmet(ref, field, condition, impact, text(holder, "controllerName") or "its controller")


def _unmet(ref: Ref, field: str, condition: Object, impact: str, controller: str) -> Finding:
    status, reason = text(condition, "status"), text(condition, "reason") or "no reason"
    message = text(condition, "message")
    fact = f"{controller} reports {text(condition, 'type')}={status} ({reason}): {message or 'no message'}"
    fix = _FIXES.get(reason, "correct what the message names" if message else "see the log of the controller")
    cause: Cause = "pending" if status == "Unknown" else "condition"
    return Finding("error", cause, str(ref), field, " ".join(fact.split()), impact, fix)


def _stale(ref: Ref, field: str, observed: int, generation: int) -> Finding:
    return Finding(
        "warning",
        "stale-status",
        str(ref),
        field,
        f"the status is of generation {observed}, and the object is of generation {generation}",
        "the gateway may still do what an earlier version of the object says",
        "check that the controller of the gateway runs, and see its log",
    )


def _unclaimed(ref: Ref) -> Finding:
    impact = _EXPECTED[ref.kind]["Accepted"]
    fix = _FIXES[_UNCLAIMED]
    return Finding("error", "no-status", str(ref), "status", "no controller reports about it", impact, fix)
