"""istio: reads bodies in the gateway or by an external processor, and speaks TLS to endpoint pickers."""

from __future__ import annotations

from collections.abc import Iterator

from llmd_routes.gateways.implementation import Draft, Implementation
from llmd_routes.kube.kinds import ReadKind
from llmd_routes.model.inventory import Route
from llmd_routes.model.plan import Attachment, Carrier
from llmd_routes.model.printed import Printed
from llmd_routes.names import ISTIO_NETWORKING
from llmd_routes.notices import Notice

from .body_filter import body_filter, processor_objects
from .limits import istio_limits
from .rule_names import named_rules
from .tls import destination_rules


class _Istio(Implementation):
    def limits(self, attachment: Attachment, draft: Draft) -> Iterator[str | Notice]:
        yield from istio_limits(attachment, draft)

    def bodies(self, carrier: Carrier) -> Iterator[Printed]:
        yield from map(body_filter, carrier.filters)
        for one, processor in carrier.processors:
            yield from processor_objects(one, processor)

    def additions(self, draft: Draft) -> Iterator[Printed | str]:
        yield from destination_rules(draft.backends, draft.inventory.destination_rules, draft.instance)

    def in_the_way(self, route: Route) -> Iterator[Notice]:
        yield from named_rules(route)


ISTIO = _Istio(
    name="istio",
    controllers=("istio.io/gateway-controller", "openshift.io/gateway-controller/v1"),
    classes=("istio", "openshift-default", "data-science-gateway-class"),
    reads=(
        ReadKind(
            ISTIO_NETWORKING, ("v1", "v1beta1", "v1alpha3"), "destinationrules", "DestinationRule", required=False
        ),
        # Those beside a Gateway: another instance may read the bodies of its requests already.
        ReadKind(ISTIO_NETWORKING, ("v1alpha3",), "envoyfilters", "EnvoyFilter", required=False, everywhere=True),
    ),
    prints=(
        ReadKind(ISTIO_NETWORKING, ("v1",), "destinationrules", "DestinationRule"),
        ReadKind(ISTIO_NETWORKING, ("v1alpha3",), "envoyfilters", "EnvoyFilter"),
    ),
    beside_gateway=True,
    weightless="istio asks the endpoint picker of the last pool for every request, whatever the weights",
    carriers=("in-gateway", "sidecar"),
)
