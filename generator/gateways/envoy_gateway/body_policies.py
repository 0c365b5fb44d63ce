"""Plan the objects that make Envoy Gateway read bodies: by a filter, or by an external service. Pure, no I/O.

The filter runs only for requests that one of its HTTPRoutes matches already before the body is read. The rules that
look at no model do so; they have no backend, and the filter answers in their place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from llmd_routes.gateways.body_note import buffer_for, filter_note
from llmd_routes.gateways.body_processor import processor_note, processor_objects
from llmd_routes.gateways.implementation import Draft
from llmd_routes.kube.objects import Ref
from llmd_routes.model.bodies import Bodies, Processor
from llmd_routes.model.naming import route_name
from llmd_routes.model.plan import Attachment, PlannedRoute
from llmd_routes.model.printed import Extractor, Printed
from llmd_routes_sidecar.extraction import READ_HEADERS, Settings

from .conflicts import suffices
from .policies import CLIENT, EXTENSION, SECURITY

_POLICY: Final = "envoy_gateway/envoyextensionpolicy.yaml.j2"


def plan_policies(attachment: Attachment, draft: Draft, bodies: Bodies) -> Iterator[Printed]:
    """Yield the ClientTrafficPolicy of a Gateway, and with the first Gateway also what its routes need.

    A Gateway whose existing ClientTrafficPolicy suffices gets none.
    """
    buffer = buffer_for(bodies.settings.body_limit) if bodies.processor is None else 0
    client = client_ref(attachment, draft)
    others = [policy for policy in draft.policies if policy.instance != draft.route_set.instance]
    if not any(suffices(policy, attachment, buffer) for policy in others):
        values = {"gateway": attachment.ref.name, "section": attachment.section, "buffer": buffer}
        yield Printed(client, "envoy_gateway/clienttrafficpolicy.yaml.j2", values)
    if not draft.route_set.is_first(attachment):
        return
    # A route decides which hosts it takes.
    settings = replace(bodies.settings, hosts=())
    routes = unread_routes(draft.routes)
    if bodies.processor is not None:
        yield from _asking_policies(routes, settings, bodies.processor)
        return
    for number, route in enumerate(routes):
        ref = Ref(route.ref.namespace, EXTENSION, route.ref.name)
        note = filter_note(f"{ref} (envoy-gateway)", settings, "the gateway") if number == 0 else ""
        program = Extractor(settings, bodies.catalog, responds=True)
        yield Printed(ref, _POLICY, {"program": program, "service": None}, note)


def planned_names(attachment: Attachment, draft: Draft) -> Iterator[Ref]:
    """Yield the names of all policies that are planned for a Gateway."""
    yield client_ref(attachment, draft)
    kind = SECURITY if draft.carrier.kind == "ext-authz" else EXTENSION
    for route in unread_routes(draft.routes):
        yield Ref(route.ref.namespace, kind, route.ref.name)


def _asking_policies(routes: Sequence[PlannedRoute], settings: Settings, processor: Processor) -> Iterator[Printed]:
    """Yield the policies that call an external service, and its objects, beside the first route.

    The policy of a route in another namespace would need a ReferenceGrant; the models server has one route.
    """
    for number, route in enumerate(routes):
        beside = replace(processor, ref=replace(processor.ref, namespace=route.ref.namespace))
        over_http = processor.protocol == "ext-authz"
        ref = Ref(route.ref.namespace, SECURITY if over_http else EXTENSION, route.ref.name)
        note = processor_note(ref, settings, beside) if number == 0 else ""
        if over_http:
            values = {"service": beside.service, "limit": settings.body_limit, "headers": READ_HEADERS}
            yield Printed(ref, "envoy_gateway/securitypolicy.yaml.j2", values, note)
        else:
            yield Printed(ref, _POLICY, {"program": None, "service": beside.service}, note)
        if number == 0:
            yield from processor_objects(settings, beside)


def client_ref(attachment: Attachment, draft: Draft) -> Ref:
    """Return the name of the ClientTrafficPolicy of a Gateway."""
    number = draft.route_set.number_of(attachment)
    return Ref(attachment.ref.namespace, CLIENT, route_name(draft.route_set.instance, number))


def unread_routes(routes: Sequence[PlannedRoute]) -> list[PlannedRoute]:
    """Return the routes that match requests before a model is read."""
    return [route for route in routes if any(not match.models for rule in route.rules for match in rule.matches)]
