"""Envoy without Gateway API: llmd-routes emits the proxy itself, for clusters without a Gateway."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from llmd_routes.gateways.implementation import Draft, Implementation
from llmd_routes.kube.index import Objects
from llmd_routes.model.bodies import Bodies
from llmd_routes.model.body_readings import EmittedProxy
from llmd_routes.model.gateways import Policy
from llmd_routes.model.options import Options
from llmd_routes.model.plan import Attachment
from llmd_routes.model.precedence import Precedence
from llmd_routes.model.printed import Printed
from llmd_routes.problems import Problem

from .default_engines import kept_defaults, read_defaults
from .emitted_proxy import read_proxies
from .front_door import front_door


class _Envoy(Implementation):
    def policies(self, objects: Objects) -> Iterator[Policy]:
        yield from read_defaults(objects)

    def emitted_proxies(self, objects: Objects) -> Iterator[EmittedProxy]:
        yield from read_proxies(objects)

    def kept_defaults(self, policies: Iterable[Policy]) -> Mapping[str, str]:
        return kept_defaults(policies)

    def proxies(
        self, attachment: Attachment, draft: Draft, bodies: Bodies | None, options: Options
    ) -> Iterator[Printed | str | Problem]:
        yield from front_door(attachment, draft, bodies, options)


ENVOY = _Envoy(
    name="envoy",
    title="none: an emitted Envoy",
    run=frozenset(("pools", "headers", "in-gateway", "ext-authz", "answers", "unknown-engines")),
    controllers=(),
    classes=(),
    gatewayless=True,
    precedence=Precedence(hosts_exclude=True, in_order=True),
    backendless=404,
    pickerless={"FailOpen": 503, "FailClose": 503},
    # Its pods are emitted into the namespace of its Service.
    beside_gateway=True,
    carriers=("in-gateway", "ext-authz"),
    list_bytes=64 * 1024,
)
