"""Plan how GKE's load balancer calls the external processor. Pure, no I/O.

Source: https://cloud.google.com/kubernetes-engine/docs/how-to/configure-gke-service-extensions,
config/crd/networking.gke.io_gcproutingextensions.yaml of https://github.com/GoogleCloudPlatform/gke-gateway-api
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from llmd_routes.gateways.body_processor import processor_note, processor_objects
from llmd_routes.gateways.implementation import BodyReader, Draft
from llmd_routes.gateways.policy_attachment import taken_names
from llmd_routes.kube.objects import Ref, items, text
from llmd_routes.model.bodies import Bodies
from llmd_routes.model.gateways import Policy
from llmd_routes.model.naming import route_name
from llmd_routes.model.plan import Attachment
from llmd_routes.model.printed import Printed

from .backend_policies import service_check
from .policies import EXTENSION, foreign_policies

# The limits of GCPRoutingExtension: expressions, characters of each, and characters of their literals.
_MOST: Final = 10
_LONGEST: Final = 512
_LITERAL: Final = re.compile(r"/[A-Za-z0-9/._~%!$&()*+,;=:-]+")


def plan_extension(attachment: Attachment, draft: Draft, bodies: Bodies) -> Iterator[Printed]:
    """Yield the extension of a Gateway, the objects of its processor, and the processor's health check."""
    if bodies.processor is None:
        return
    processor = replace(bodies.processor, tls=True, probed=True)
    ref = extension_ref(attachment, draft)
    values = {
        "gateway": attachment.ref.name,
        "conditions": conditions_of(bodies.settings.prefixes),
        "service": processor.service,
    }
    note = processor_note(ref, bodies.settings, processor)
    yield Printed(ref, "gke/gcproutingextension.yaml.j2", values, note)
    yield from processor_objects(bodies.settings, processor)
    yield service_check(processor.ref, {"type": "GRPC", "path": None, "port": 9005})


def extension_ref(attachment: Attachment, draft: Draft) -> Ref:
    """Return the name of the extension of a Gateway."""
    name = route_name(draft.route_set.instance, draft.route_set.number_of(attachment))
    return Ref(attachment.ref.namespace, EXTENSION, name)


def conditions_of(prefixes: Sequence[str]) -> tuple[str, ...]:
    """Return CEL expressions for the requests below path prefixes, of which one must match; none for all requests.

    Requests to other applications behind the Gateway do not need the processor. Expressions that GKE does not accept
    are omitted: then all requests reach the processor, which ignores these.
    """
    tops = [prefix for prefix in prefixes if not any(prefix.startswith(other) for other in prefixes if other != prefix)]
    expressions = tuple(f"request.path.startsWith('{prefix}')" for prefix in tops)
    is_accepted = len(expressions) <= _MOST and all(len(each) <= _LONGEST for each in expressions)
    return expressions if is_accepted and all(_LITERAL.fullmatch(prefix) for prefix in tops) else ()


def body_readers(attachment: Attachment, policies: Iterable[Policy]) -> Iterator[BodyReader]:
    """Yield the existing extensions of a Gateway with the Services that they call."""
    target = f"Gateway/{attachment.ref.name}"
    for policy in policies:
        is_near = policy.ref.kind == EXTENSION and policy.ref.namespace == attachment.ref.namespace
        if is_near and policy.instance is None and target in policy.targets:
            yield from (BodyReader(policy.ref, service) for service in _services(policy))


def _services(policy: Policy) -> Iterator[Ref]:
    for chain in items(policy.spec, "extensionChains"):
        for extension in items(chain, "extensions"):
            if name := text(extension, "backendRef", "name"):
                yield Ref(policy.ref.namespace, "Service", name)


def other_extensions(attachment: Attachment, draft: Draft) -> Iterator[str]:
    """Yield an error for each extension of another owner on the Gateway, which can have only one, and for its name."""
    known = {service for processor in draft.processors for service in processor.services}
    for policy in foreign_policies(draft, EXTENSION, attachment.ref):
        fact = f"applies to {attachment.ref}, which can have only one GCPRoutingExtension"
        fix = "pass --body-to-header none, and set both headers there or in clients"
        if known & set(_services(policy)):
            fix = "pass --body-to-header payload-processor to use its processor"
        yield f"{policy.ref}: {fact}; {fix}"
    yield from taken_names([extension_ref(attachment, draft)], draft)
