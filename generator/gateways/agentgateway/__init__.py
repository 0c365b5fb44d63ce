"""agentgateway: reads bodies by CEL expressions, or asks a service, before it selects a route."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from llmd_routes.gateways.implementation import BodyReader, Draft, Implementation, Services
from llmd_routes.gateways.policy_attachment import taken_names
from llmd_routes.kube.index import Objects
from llmd_routes.kube.kinds import ReadKind
from llmd_routes.kube.objects import Object, Ref
from llmd_routes.kube.workloads import Workload
from llmd_routes.model.bodies import Bodies
from llmd_routes.model.body_readings import BodyReading
from llmd_routes.model.gateways import Policy, Route, Version
from llmd_routes.model.plan import Attachment
from llmd_routes.model.precedence import Precedence
from llmd_routes.model.printed import Printed
from llmd_routes.notices import Notice
from llmd_routes_sidecar.answers import Answer
from llmd_routes_sidecar.owners import MODEL_HEADER, OWNER_HEADER
from llmd_routes_sidecar.request_head import Request

from .body_policies import plan_policies, planned_names
from .body_readings import body_readings, direct_response
from .limits import reading_limits, release_of
from .model_routers import model_routers
from .policies import GROUP, MODEL, POLICY, body_readers, other_authorizations, other_transformations, read_policies

_LAST_TO_IGNORE_FAIL_OPEN: Final = Version(1, 4, 1)


class _Agentgateway(Implementation):
    """What differs from other implementations by more than facts."""

    def release(self, gateway: Ref, workloads: Sequence[Workload]) -> Version | None:
        return release_of(gateway, workloads)

    def status_without_picker(self, mode: str, release: Version | None) -> int | None:
        # agentgateway#3473: it ignored FailOpen up to this release.
        ignores = release is not None and release <= _LAST_TO_IGNORE_FAIL_OPEN
        return super().status_without_picker("FailClose" if ignores else mode, release)

    def policies(self, objects: Objects) -> Iterator[Policy]:
        yield from read_policies(objects)

    def body_readings(self, gateway: Ref, policies: Sequence[Policy], services: Services) -> Iterator[BodyReading]:
        yield from body_readings(gateway, policies, services)

    def direct_response(
        self, route: Route, rule: Object, policies: Sequence[Policy], request: Request
    ) -> Answer | None:
        return direct_response(route, rule, policies, request.path.partition("?")[0], request.method)

    def body_readers(self, attachment: Attachment, policies: Iterable[Policy]) -> Iterator[BodyReader]:
        yield from body_readers(attachment, policies)

    def limits(self, attachment: Attachment, draft: Draft) -> Iterator[str | Notice]:
        if draft.carrier.kind != "none":
            yield from reading_limits(attachment, draft)

    def bodies(self, attachment: Attachment, draft: Draft, bodies: Bodies) -> Iterator[Printed]:
        yield from plan_policies(attachment, draft, bodies)

    def in_the_way(self, attachment: Attachment, draft: Draft) -> Iterator[str | Notice]:
        yield from model_routers(attachment, draft)
        if draft.carrier.kind != "none":
            yield from other_transformations(attachment, draft)
            if draft.carrier.kind == "ext-authz":
                yield from other_authorizations(attachment, draft)
            yield from taken_names(planned_names(attachment, draft), draft)


AGENTGATEWAY = _Agentgateway(
    name="agentgateway",
    title="agentgateway",
    controllers=("agentgateway.dev/agentgateway", "kgateway.dev/agentgateway"),
    classes=("agentgateway", "agentgateway-v2"),
    reads=(
        ReadKind(GROUP, ("v1alpha1",), "agentgatewaypolicies", POLICY, required=False, everywhere=True),
        ReadKind(GROUP, ("v1alpha1",), "agentgatewaymodels", MODEL, required=False, everywhere=True),
    ),
    reports=("InferencePool", POLICY),
    prints=(ReadKind(GROUP, ("v1alpha1",), "agentgatewaypolicies", POLICY),),
    beside_gateway=True,
    carriers=("in-gateway", "ext-authz"),
    # The body of a direct response has at most 4,096 characters.
    list_bytes=3_900,
    removes=(MODEL_HEADER, OWNER_HEADER),
    # crates/agentgateway/src/http/route.rs of agentgateway
    precedence=Precedence(counts_slash=True),
    answers_by_rule=True,
    draws=False,
    strips=False,
    streams=True,
)
