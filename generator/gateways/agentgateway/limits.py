"""What agentgateway does not support when it reads bodies. Pure, no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from llmd_routes.gateways.implementation import Draft
from llmd_routes.gateways.releases import templates_of, versions_of
from llmd_routes.kube.objects import Ref
from llmd_routes.kube.workloads import Workload
from llmd_routes.model.gateways import Version
from llmd_routes.model.plan import Attachment
from llmd_routes.notices import Notice
from llmd_routes.pods.speech import is_for_speech
from llmd_routes_sidecar.extraction import Settings

from .expressions import assignments, confirmations

# The functions of the expressions, and conditional responses.
_OLDEST: Final = Version(1, 4)
# The limit of a CEL expression in an AgentgatewayPolicy, in characters.
_LONGEST: Final = 16_384
_IMAGE: Final = re.compile(r"(?:.*/)?agentgateway:v?(\d{1,9})\.(\d{1,9})(?:\.(\d{1,9}))?(?![\w.])")


def release_of(gateway: Ref, workloads: Iterable[Workload]) -> Version | None:
    """Return the oldest release among the pods of a Gateway, None if no image shows one."""
    return min(versions_of(templates_of(gateway, workloads), _IMAGE), default=None)


def _unread_forms(attachment: Attachment, draft: Draft) -> Iterator[Notice]:
    """Yield a warning for each service with models for speech, whose requests are forms."""
    for backend in draft.backends:
        names = [name for name in backend.keyed.models if is_for_speech(name)]
        if names:
            fact = f"clients send audio for {names[0]} in forms, which {attachment.ref} does not read"
            fix = "let them name the model in the query (/v1/audio/transcriptions?model=NAME)"
            yield Notice("forms-unread", backend.keyed.service.title, fact, fix)


def reading_limits(attachment: Attachment, draft: Draft) -> Iterator[str | Notice]:
    """Yield an error if the release cannot read bodies, and notices if it is unknown, and about forms."""
    release = attachment.release
    fact = f"body-based routing requires agentgateway {_OLDEST.major}.{_OLDEST.minor}"
    if release is None:
        yield Notice("gateway-setting", str(attachment.ref), fact, "check its release, or pass --body-to-header none")
    elif release < _OLDEST:
        yield f"{attachment.ref}: {fact}, and it runs {release}; upgrade it, or pass --body-to-header none"
    settings = Settings(draft.route_set.hostnames, draft.route_set.prefixes, draft.carrier.body_limit or 0)
    reads = draft.carrier.kind == "in-gateway"
    longest = max(len(expression) for _, expression in (assignments if reads else confirmations)(settings))
    if longest > _LONGEST:
        fact = f"its expressions have {longest} characters, and agentgateway accepts {_LONGEST}"
        yield f"{attachment.ref}: {fact}; use fewer of --path-prefix and --hostname"
    if reads:
        yield from _unread_forms(attachment, draft)
