"""istio: reads bodies in the gateway or by an external service, and speaks TLS to endpoint pickers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from llmd_routes.gateways.implementation import BodyReader, Draft, Implementation, Services
from llmd_routes.gateways.releases import Running
from llmd_routes.kube.index import Objects
from llmd_routes.kube.kinds import ReadKind
from llmd_routes.kube.objects import Ref
from llmd_routes.kube.workloads import Workload
from llmd_routes.model.bodies import Bodies
from llmd_routes.model.body_readings import BodyReading
from llmd_routes.model.gateways import Policy, Version
from llmd_routes.model.plan import Attachment
from llmd_routes.model.precedence import Precedence
from llmd_routes.model.printed import Printed
from llmd_routes.notices import Notice
from llmd_routes_sidecar.owners import MODEL_HEADER

from .body_filter import filter_ref, plan_filter
from .body_readers import body_readers, other_body_readers
from .body_readings import body_readings
from .limits import istio_limits
from .picker_ports import pickers_without_http2
from .policies import FILTER, GROUP, RULE, other_filters, read_policies
from .release import istio_running, istio_version
from .rule_names import shared_names
from .tls import contradictions, destination_rules


class _Istio(Implementation):
    def release(self, gateway: Ref, workloads: Sequence[Workload]) -> Version | None:
        return istio_version(gateway, workloads)

    def running(self, gateway: Ref, objects: Objects) -> Running:
        return istio_running(gateway, objects)

    def policies(self, objects: Objects) -> Iterator[Policy]:
        yield from read_policies(objects)

    def body_readings(self, gateway: Ref, policies: Sequence[Policy], services: Services) -> Iterator[BodyReading]:
        yield from body_readings(gateway, policies, services)

    def body_readers(self, attachment: Attachment, policies: Iterable[Policy]) -> Iterator[BodyReader]:
        yield from body_readers(attachment, policies)

    def limits(self, attachment: Attachment, draft: Draft) -> Iterator[str | Notice]:
        yield from istio_limits(attachment, draft)

    def bodies(self, attachment: Attachment, draft: Draft, bodies: Bodies) -> Iterator[Printed]:
        yield from plan_filter(filter_ref(attachment, draft.route_set), attachment, bodies)

    def additions(self, draft: Draft) -> Iterator[Printed | str]:
        yield from destination_rules(draft)

    def in_the_way(self, attachment: Attachment, draft: Draft) -> Iterator[str | Notice]:
        yield from contradictions(draft)
        yield from pickers_without_http2(draft)
        yield from shared_names(route for route in draft.foreign if attachment.takes(route))
        ours = filter_ref(attachment, draft.route_set) if draft.carrier.kind != "none" else None
        if ours is not None:
            yield from other_body_readers(attachment, draft)
        yield from other_filters(attachment, draft.policies, draft.route_set.instance, ours)


ISTIO = _Istio(
    name="istio",
    title="istio",
    run=frozenset(("pools", "headers", "in-gateway", "ext-proc", "ext-authz", "answers", "split", "unknown-engines")),
    controllers=("istio.io/gateway-controller", "openshift.io/gateway-controller/v1"),
    classes=("istio", "openshift-default", "data-science-gateway-class"),
    reads=(
        ReadKind(GROUP, ("v1", "v1beta1", "v1alpha3"), "destinationrules", RULE, required=False, everywhere=True),
        # Resources that can change how a Gateway reads request bodies: another instance may read them already.
        ReadKind(GROUP, ("v1alpha3",), "envoyfilters", FILTER, required=False, everywhere=True),
    ),
    reports=("InferencePool",),
    prints=(
        ReadKind(GROUP, ("v1",), "destinationrules", RULE),
        ReadKind(GROUP, ("v1alpha3",), "envoyfilters", FILTER),
    ),
    beside_gateway=True,
    # Backported on 21 September 2026 to 1.29, 1.30 and 1.31; no patch release is known to contain the backports yet.
    weightless="istio without istio#61601 (1.31 and older before 21 September 2026) asks the endpoint picker"
    " of the last pool for every request, whatever the weights",
    carriers=("in-gateway", "ext-authz", "ext-proc"),
    removes=(MODEL_HEADER,),
    # sortHTTPRoutes in pilot/pkg/config/kube/gateway/conversion.go of istio
    precedence=Precedence(hosts_exclude=True),
    calls_processors=True,
    server_header="istio-envoy",
    # The list is part of the filter's program and of the gateway's configuration.
    list_bytes=64 * 1024,
)
