"""GKE: calls an external processor before it selects a route, and configures its load balancer by policies.

Not tried, for lack of a cluster.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from llmd_routes.gateways.implementation import BodyReader, Draft, Implementation, Services
from llmd_routes.gateways.policy_attachment import taken_names
from llmd_routes.kube.index import Objects
from llmd_routes.kube.kinds import ReadKind
from llmd_routes.kube.objects import Ref
from llmd_routes.model.bodies import Bodies
from llmd_routes.model.body_readings import BodyReading
from llmd_routes.model.gateways import Policy
from llmd_routes.model.plan import Attachment
from llmd_routes.model.printed import Printed
from llmd_routes.notices import Notice

from .backend_policies import plan_backend_policies, short_timeouts, unprobed_services
from .body_readings import body_readings
from .limits import gke_limits
from .policies import BACKEND, EXTENSION, GROUP, HEALTH, read_policies
from .routing_extension import body_readers, other_extensions, plan_extension

_PLURALS: Final = {EXTENSION: "gcproutingextensions", HEALTH: "healthcheckpolicies", BACKEND: "gcpbackendpolicies"}


class _Gke(Implementation):
    """What differs from other implementations by more than facts."""

    def policies(self, objects: Objects) -> Iterator[Policy]:
        yield from read_policies(objects)

    def body_readings(self, gateway: Ref, policies: Sequence[Policy], services: Services) -> Iterator[BodyReading]:
        yield from body_readings(gateway, policies, services)

    def body_readers(self, attachment: Attachment, policies: Iterable[Policy]) -> Iterator[BodyReader]:
        yield from body_readers(attachment, policies)

    def limits(self, attachment: Attachment, draft: Draft) -> Iterator[str | Notice]:
        yield from gke_limits(attachment, draft)
        if draft.route_set.is_first(attachment):
            yield from unprobed_services(draft)

    def bodies(self, attachment: Attachment, draft: Draft, bodies: Bodies) -> Iterator[Printed]:
        yield from plan_extension(attachment, draft, bodies)

    def additions(self, draft: Draft) -> Iterator[Printed | str]:
        yield from plan_backend_policies(draft)

    def in_the_way(self, attachment: Attachment, draft: Draft) -> Iterator[str | Notice]:
        if draft.carrier.kind != "none":
            yield from other_extensions(attachment, draft)
        if draft.route_set.is_first(attachment):
            planned = (one.ref for one in plan_backend_policies(draft) if isinstance(one, Printed))
            yield from taken_names(planned, draft)
            yield from short_timeouts(draft)


GKE = _Gke(
    name="gke",
    title="GKE",
    controllers=("networking.gke.io/gateway",),
    classes=("gke-l7-*",),
    caution=(
        "llmd-routes was never run on GKE, and GKE stops all updates of a Gateway if it rejects one of its HTTPRoutes",
        "check the status of the HTTPRoute after applying it",
    ),
    reads=tuple(
        ReadKind(GROUP, ("v1",), plural, kind, required=False, everywhere=True) for kind, plural in _PLURALS.items()
    ),
    prints=tuple(ReadKind(GROUP, ("v1",), plural, kind) for kind, plural in _PLURALS.items()),
    carriers=("ext-proc",),
    calls_processors=True,
    # https://cloud.google.com/kubernetes-engine/docs/how-to/gatewayclass-capabilities
    patterns=False,
    # "GWCER104: Timeouts are not supported", https://github.com/kserve/kserve/issues/5311
    timeouts="policy",
    retries=False,
    streams=True,
)
