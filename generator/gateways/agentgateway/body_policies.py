"""Plan the policies with which agentgateway reads bodies before it selects a route. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from llmd_routes.gateways.body_note import body_note
from llmd_routes.gateways.body_processor import processor_note, processor_objects
from llmd_routes.gateways.implementation import Draft
from llmd_routes.kube.objects import Ref
from llmd_routes.model.bodies import Bodies, Processor
from llmd_routes.model.naming import LONGEST_NAME, route_name, shortened
from llmd_routes.model.plan import Attachment
from llmd_routes.model.printed import Printed
from llmd_routes_sidecar.extraction import READ_HEADERS, Settings

from .answers import answering_policies, policy_ref
from .expressions import assignments, condition, confirmations
from .policies import POLICY


def plan_policies(attachment: Attachment, draft: Draft, bodies: Bodies) -> Iterator[Printed]:
    """Yield the policies of a Gateway, and with the first Gateway also those of its routes.

    The size of the buffer belongs to the whole Gateway, so it has a policy of its own if routes attach to one listener.
    """
    settings = bodies.settings
    main = reading_ref(attachment, draft)
    if bodies.processor is not None:
        yield from _asking_policies(main, attachment, settings, bodies.processor)
        return
    shared = {"gateway": attachment.ref.name, "limit": settings.body_limit}
    values = {**shared, "section": attachment.section, "assignments": assignments(settings)}
    cost = ", which the gateway buffers for every request"
    note = body_note(f"{main} (agentgateway)", settings, cost, "larger ones are not read, and get 400")
    yield Printed(main, "agentgateway/reading-policy.yaml.j2", values, note)
    if attachment.section:
        yield Printed(_buffer_ref(main), "agentgateway/buffer-policy.yaml.j2", shared)
    if draft.route_set.is_first(attachment) and bodies.catalog is not None:
        yield from answering_policies(draft.routes, bodies.catalog)


def _asking_policies(main: Ref, attachment: Attachment, settings: Settings, processor: Processor) -> Iterator[Printed]:
    """Yield the policy with which a Gateway asks a service over HTTP, and the objects of the service.

    agentgateway does not send the host of a request to the service; the condition of the policy checks it.
    """
    values = {
        "gateway": attachment.ref.name,
        "section": attachment.section,
        "limit": settings.body_limit,
        "service": processor.service,
        "headers": READ_HEADERS,
        "condition": condition(settings),
        "assignments": confirmations(settings),
    }
    yield Printed(main, "agentgateway/asking-policy.yaml.j2", values, processor_note(main, settings, processor))
    yield from processor_objects(replace(settings, hosts=()), processor)


def planned_names(attachment: Attachment, draft: Draft) -> Iterator[Ref]:
    """Yield the names of all policies that are planned for a Gateway."""
    main = reading_ref(attachment, draft)
    yield main
    if attachment.section and draft.carrier.kind == "in-gateway":
        yield _buffer_ref(main)
    for route in draft.routes:
        yield from (policy_ref(route, rule.name) for rule in route.rules if rule.name is not None)


def reading_ref(attachment: Attachment, draft: Draft) -> Ref:
    """Return the name of the policy that reads bodies: the instance and the position of the Gateway."""
    number = draft.route_set.number_of(attachment)
    return Ref(attachment.ref.namespace, POLICY, route_name(draft.route_set.instance, number))


def _buffer_ref(main: Ref) -> Ref:
    return Ref(main.namespace, POLICY, shortened(f"{main.name}.buffer", LONGEST_NAME))
