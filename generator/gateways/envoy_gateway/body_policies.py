"""Plan the policies that make Envoy Gateway read bodies. Pure, no I/O.

The filter runs only for requests that one of its HTTPRoutes matches already before the body is read. The rules that
look at no model do so; they have no backend, and the filter answers in their place.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from llmd_routes.gateways.body_note import buffer_for, filter_note
from llmd_routes.gateways.implementation import Draft
from llmd_routes.kube.objects import Ref
from llmd_routes.model.bodies import Bodies
from llmd_routes.model.naming import route_name
from llmd_routes.model.plan import Attachment, PlannedRoute
from llmd_routes.model.printed import Extractor, Printed

from .conflicts import suffices
from .policies import CLIENT, EXTENSION


def plan_policies(attachment: Attachment, draft: Draft, bodies: Bodies) -> Iterator[Printed]:
    """Yield the ClientTrafficPolicy of a Gateway, and with the first Gateway also the EnvoyExtensionPolicies.

    A Gateway whose existing ClientTrafficPolicy suffices gets none.
    """
    buffer = buffer_for(bodies.settings.body_limit)
    client = client_ref(attachment, draft)
    others = [policy for policy in draft.policies if policy.instance != draft.route_set.instance]
    if not any(suffices(policy, attachment, buffer) for policy in others):
        values = {"gateway": attachment.ref.name, "section": attachment.section, "buffer": buffer}
        yield Printed(client, "envoy_gateway/clienttrafficpolicy.yaml.j2", values)
    same = [one for one in draft.route_set.attachments if one.implementation == attachment.implementation]
    if attachment != same[0]:
        return
    # A route decides which hosts it takes.
    settings = replace(bodies.settings, hosts=())
    for number, route in enumerate(unread_routes(draft.routes)):
        ref = Ref(route.ref.namespace, EXTENSION, route.ref.name)
        note = filter_note(f"{ref} (envoy-gateway)", settings, "the gateway") if number == 0 else ""
        program = Extractor(settings, bodies.catalog, responds=True)
        yield Printed(ref, "envoy_gateway/envoyextensionpolicy.yaml.j2", {"program": program}, note)


def client_ref(attachment: Attachment, draft: Draft) -> Ref:
    """Return the name of the ClientTrafficPolicy of a Gateway."""
    number = draft.route_set.number_of(attachment)
    return Ref(attachment.ref.namespace, CLIENT, route_name(draft.route_set.instance, number))


def unread_routes(routes: Sequence[PlannedRoute]) -> list[PlannedRoute]:
    """Return the routes that match requests before a model is read."""
    return [route for route in routes if any(match.model is None for rule in route.rules for match in rule.matches)]
