"""Find engines that reject the fields which name them, where nothing removes these from bodies. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterator

from llmd_routes.gateways import by_name
from llmd_routes.gateways.implementation import Draft
from llmd_routes.model.bodies import CarrierKind
from llmd_routes.model.plan import Attachment
from llmd_routes.notices import Notice
from llmd_routes.pods.engines import is_strict


def can_strip(attachment: Attachment, kind: CarrierKind) -> bool:
    """Return whether a component on a Gateway can remove fields from bodies."""
    return kind != "ext-authz" and by_name(attachment.implementation).strips


def rejected_fields(draft: Draft) -> Iterator[Notice]:
    """Yield a warning for each strict engine and each Gateway that reads bodies without changing them."""
    kind = draft.carrier.kind
    if kind == "none":
        return
    for one in draft.route_set.attachments:
        for backend in draft.backends:
            if is_strict(backend.keyed.service.engine) and not can_strip(one, kind):
                fact = f"rejects unknown fields, and {one.ref} does not remove owned_by from bodies"
                fix = "let clients name the engine in the header x-owned-by"
                if "ext-proc" in by_name(one.implementation).carriers:
                    fix += ", or pass --body-to-header ext-proc"
                yield Notice("engine-fields", backend.keyed.service.title, fact, fix)
