"""Plan the filters that answer requests without a route, so that no endpoint picker is asked about them. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from llmd_routes.gateways.implementation import Draft
from llmd_routes.gateways.policy_attachment import taken_names
from llmd_routes.gateways.unmatched import NOT_FOUND
from llmd_routes.kube.objects import Ref
from llmd_routes.model.printed import Printed

from .policies import FILTER


def answering_filters(draft: Draft) -> Iterator[Printed | str]:
    """Yield the filters of the routes, which answer 404, and an error for each whose name belongs to another owner."""
    for route in draft.routes:
        for rule in route.rules:
            if rule.extension is not None:
                ref = Ref(route.ref.namespace, FILTER, rule.extension.name)
                yield from taken_names([ref], draft)
                yield Printed(ref, "envoy_gateway/httproutefilter.yaml.j2", {"body": NOT_FOUND})
