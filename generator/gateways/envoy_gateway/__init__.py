"""Envoy Gateway: routes to InferencePools with the AI Gateway extension, else to Services."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from llmd_routes.gateways.implementation import BodyReader, Draft, Implementation, ObjectKind, Services
from llmd_routes.gateways.policy_attachment import taken_names
from llmd_routes.kube.index import Objects
from llmd_routes.kube.kinds import ReadKind
from llmd_routes.kube.objects import Object, Ref
from llmd_routes.model.bodies import Bodies, CarrierKind
from llmd_routes.model.body_readings import BodyReading
from llmd_routes.model.gateways import Policy, Route
from llmd_routes.model.inventory import Platform
from llmd_routes.model.plan import Attachment
from llmd_routes.model.precedence import Precedence
from llmd_routes.model.printed import Printed
from llmd_routes.notices import Notice
from llmd_routes_sidecar.answers import Answer
from llmd_routes_sidecar.owners import MODEL_HEADER
from llmd_routes_sidecar.request_head import Request

from .ai_routes import body_readers, model_routes
from .answers import answering_filters
from .body_policies import plan_policies, planned_names
from .body_readings import body_readings, direct_response, early_removals
from .conflicts import client_policies, other_extensions, path_only_routes
from .installation import extension_problems, lua_problems, read_installation
from .policies import AI_GROUP, AI_ROUTE, CLIENT, EXTENSION, FILTER, GROUP, SECURITY, read_policies
from .pools import pool_problems
from .security import kept_query, replaced_policies, route_policies

_OWN: Final = f".{GROUP}"
_AI_GATEWAY: Final = f".{AI_GROUP}"


class _EnvoyGateway(Implementation):
    """What differs from other implementations by more than facts."""

    def why_poolless(self, platform: Platform) -> str | None:
        """Return the reason if the CRDs of Envoy Gateway are in the input, and those of the extension are missing."""
        if any(crd.endswith(_OWN) for crd in platform.crds) and not any(c.endswith(_AI_GATEWAY) for c in platform.crds):
            return "Envoy Gateway does not route to InferencePools without the Envoy AI Gateway extension"
        return None

    def policies(self, objects: Objects) -> Iterator[Policy]:
        yield from read_policies(objects)
        yield from read_installation(objects)

    def body_readings(self, gateway: Ref, policies: Sequence[Policy], services: Services) -> Iterator[BodyReading]:
        yield from body_readings(policies, services)

    def early_removals(self, gateway: Ref, policies: Iterable[Policy]) -> Mapping[str, Ref]:
        return early_removals(gateway, policies)

    def direct_response(
        self, route: Route, rule: Object, policies: Sequence[Policy], request: Request
    ) -> Answer | None:
        return direct_response(route, rule, policies)

    def body_readers(self, attachment: Attachment, policies: Iterable[Policy]) -> Iterator[BodyReader]:
        yield from body_readers(attachment, policies)

    def limits(self, attachment: Attachment, draft: Draft) -> Iterator[str | Notice]:
        if draft.carrier.kind != "none":
            yield from path_only_routes(attachment, draft)
        if any(backend.port is None for backend in draft.backends):
            yield from extension_problems(attachment, draft.policies)
            yield from pool_problems(attachment, draft)

    def carrier_limits(self, kind: CarrierKind, attachment: Attachment, draft: Draft) -> Iterator[str | Notice]:
        if kind == "in-gateway":
            yield from lua_problems(attachment, draft.policies)
        elif kind == "ext-authz":
            yield from replaced_policies(attachment, draft)
            yield from kept_query(attachment, draft)

    def bodies(self, attachment: Attachment, draft: Draft, bodies: Bodies) -> Iterator[Printed]:
        yield from plan_policies(attachment, draft, bodies)

    def additions(self, draft: Draft) -> Iterator[Printed | str]:
        yield from answering_filters(draft)

    def in_the_way(self, attachment: Attachment, draft: Draft) -> Iterator[str | Notice]:
        yield from model_routes(attachment, draft)
        if draft.carrier.kind != "none":
            yield from client_policies(attachment, draft)
            yield from other_extensions(attachment, draft)
            yield from route_policies(draft)
            yield from taken_names(planned_names(attachment, draft), draft)


ENVOY_GATEWAY = _EnvoyGateway(
    name="envoy-gateway",
    title="Envoy Gateway",
    run=frozenset(("headers", "in-gateway", "ext-proc", "ext-authz", "answers", "unknown-engines")),
    imitated=frozenset(("pools",)),
    # https://github.com/envoyproxy/ai-gateway/issues/2231
    weightless="Envoy AI Gateway supports one InferencePool per rule: two stop all updates of the GatewayClass",
    controllers=("gateway.envoyproxy.io/gatewayclass-controller",),
    classes=("eg", "envoy-gateway", "envoy-ai-gateway*"),
    reads=(
        ReadKind(GROUP, ("v1alpha1",), "clienttrafficpolicies", CLIENT, required=False, everywhere=True),
        ReadKind(GROUP, ("v1alpha1",), "envoyextensionpolicies", EXTENSION, required=False, everywhere=True),
        ReadKind(GROUP, ("v1alpha1",), "securitypolicies", SECURITY, required=False, everywhere=True),
        ReadKind(GROUP, ("v1alpha1",), "httproutefilters", FILTER, required=False, everywhere=True),
        ReadKind(AI_GROUP, ("v1beta1", "v1alpha1"), "aigatewayroutes", AI_ROUTE, required=False, everywhere=True),
    ),
    reports=(CLIENT, EXTENSION, SECURITY),
    prints=(
        ReadKind(GROUP, ("v1alpha1",), "clienttrafficpolicies", CLIENT),
        ReadKind(GROUP, ("v1alpha1",), "envoyextensionpolicies", EXTENSION),
        ReadKind(GROUP, ("v1alpha1",), "securitypolicies", SECURITY),
        ReadKind(GROUP, ("v1alpha1",), "httproutefilters", FILTER),
    ),
    carriers=("in-gateway", "ext-authz", "ext-proc"),
    removes=(MODEL_HEADER,),
    list_bytes=64 * 1024,
    picks_per_match=True,
    answers=ObjectKind(GROUP, FILTER),
    # https://github.com/envoyproxy/ai-gateway/issues/2502
    pickerless={"FailOpen": 500, "FailClose": 500},
    # internal/gatewayapi/sort.go of Envoy Gateway
    precedence=Precedence(
        path_kinds=("Exact", "RegularExpression", "PathPrefix"),
        hosts_exclude=True,
        method_is_header=True,
        prefers_exact=True,
        counts_slash=True,
    ),
)
