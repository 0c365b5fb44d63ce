"""Read back how emitted policies make Envoy Gateway read request bodies. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from llmd_routes.gateways.emitted_settings import data_of_program
from llmd_routes.gateways.implementation import Services
from llmd_routes.kube.objects import Object, Ref, items, mapping, text, texts
from llmd_routes.model.body_readings import BodyReading
from llmd_routes.model.gateways import Policy, Route
from llmd_routes_sidecar.answers import Answer

from .policies import CLIENT, EXTENSION, FILTER, SECURITY


def body_readings(policies: Sequence[Policy], services: Services) -> Iterator[BodyReading]:
    """Yield the reading of each policy with an instance label; it runs for requests of the HTTPRoutes it targets."""
    for policy in policies:
        if policy.instance is None or policy.ref.kind not in (EXTENSION, SECURITY):
            continue
        targets = [target.partition("/") for target in policy.targets]
        routes = frozenset(Ref(policy.ref.namespace, kind, name) for kind, _, name in targets if kind == "HTTPRoute")
        for program in items(policy.spec, "lua"):
            data = data_of_program(text(program, "inline") or "")
            if data is None:
                yield BodyReading(policy.ref, "in-gateway", routes=routes)
            else:
                yield BodyReading(
                    policy.ref, "in-gateway", None, data.settings, None, data.served, data.responds, routes
                )
        for processor in items(policy.spec, "extProc"):
            service = _service(policy, processor)
            yield BodyReading(policy.ref, "ext-proc", service, services(service), routes=routes)
        if http := mapping(policy.spec, "extAuth", "http"):
            service = _service(policy, http)
            yield BodyReading(policy.ref, "ext-authz", service, services(service), routes=routes)


def _service(policy: Policy, caller: Object) -> Ref:
    backend = next(iter(items(caller, "backendRefs")), {})
    return Ref(text(backend, "namespace") or policy.ref.namespace, "Service", text(backend, "name") or "")


def early_removals(gateway: Ref, policies: Iterable[Policy]) -> dict[str, Ref]:
    """Return the headers that the ClientTrafficPolicies of a Gateway, or of one of its listeners, remove."""
    found: dict[str, Ref] = {}
    for policy in policies:
        is_near = policy.ref.kind == CLIENT and policy.ref.namespace == gateway.namespace
        if is_near and any("/".join(each.split("/")[:2]) == f"Gateway/{gateway.name}" for each in policy.targets):
            for name in texts(policy.spec, "headers", "earlyRequestHeaders", "remove"):
                found.setdefault(name.lower(), policy.ref)
    return found


def direct_response(route: Route, rule: Object, policies: Sequence[Policy]) -> Answer | None:
    """Return what a filter of a rule answers in place of a backend, None without such a filter."""
    for entry in items(rule, "filters"):
        ref = Ref(
            route.ref.namespace, text(entry, "extensionRef", "kind") or "", text(entry, "extensionRef", "name") or ""
        )
        for policy in policies:
            response = mapping(policy.spec, "directResponse")
            if ref.kind == FILTER and policy.ref == ref and response:
                status = text(response, "statusCode") or ""
                return Answer(int(status) if status.isdigit() else 200, text(response, "body", "inline") or "")
    return None
