"""Plans the pods that read bodies for an istio gateway, in place of a filter of its own. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from llmd_routes.kube.objects import Ref
from llmd_routes.model.naming import service_name
from llmd_routes.model.options import Options
from llmd_routes.model.plan import Attachment, Processor
from llmd_routes.quantities import size_of

# A body is one message where a gateway cannot send it in pieces.
MOST_ASKED: Final = 1024**3
_HELD: Final = 256 * 1024 * 1024
_START: Final = "ext-proc-"


def plan_processor(one: Attachment, number: int, limit: int, instance: str, options: Options) -> Processor:
    """Return what reads bodies up to `limit` bytes for a Gateway, the `number`th of the set; it runs beside it."""
    suffix = "" if number == 1 else f"-{number}"
    held = size_of(options.held_limit) if options.held_limit else None
    ref = Ref(one.ref.namespace, "Deployment", service_name(_START, instance, suffix))
    return Processor(ref, options.image or "", max(held or _HELD, limit))


def processor_problems(limit: int, options: Options) -> Iterator[str]:
    """Yield what is in the way of reading bodies up to `limit` bytes so."""
    if limit > MOST_ASKED:
        yield f"--body-limit {options.body_limit}: a sidecar reads {MOST_ASKED} bytes at most; give that or less"
    if options.image is None:
        yield "--body-to-header sidecar: needs an image, and none is published; give --image IMAGE"
    if options.held_limit is not None:
        held = size_of(options.held_limit)
        if held is None:
            yield f"--held-limit {options.held_limit}: no size; give one in bytes, or such as 512Mi or 2Gi"
        elif held < limit:
            yield f"--held-limit {options.held_limit}: is less than the largest body, {limit} bytes; give that or more"
