"""Check each ModelService: facts that users must know, roles that disagree, labels and pools that mix. Pure, no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from llmd_routes.model.inventory import ModelService
from llmd_routes.names import MODEL, OWNED_BY, ROLE, UNKNOWN_NAMESPACE
from llmd_routes.notices import Remark
from llmd_routes.sources.source import Part
from llmd_routes.text.placeholders import RENDER, placeholder_in
from llmd_routes_sidecar.owners import RESERVED, is_owner

from .role_ports import listed, remarks_of_ports
from .selectors import HARDWARE

# The default value of the modelservice chart.
_DEFAULTS = ("random_model",)


def remarks_of_parts(parts: Sequence[Part]) -> list[Remark]:
    """Return the remarks of the parts, and remarks about facts on which they disagree."""
    found = [remark for part in parts for remark in (*part.server.remarks, *part.notices)]
    if len({part.server.served.models for part in parts if part.server.served.models}) > 1:
        listed = "; ".join(f"{part.ref.name}: {', '.join(part.server.served.models)}" for part in parts)
        found.append(
            (
                "roles-disagree",
                f"its workloads serve different names ({listed})",
                "use the same --served-model-name for all roles",
            )
        )
    return [*found, *remarks_of_ports(parts)]


def remarks_of_facts(service: ModelService) -> list[Remark]:
    """Return what users must know about a service that can be routed."""
    found = _unroutable_owner(service)
    if service.simulator:
        found.append(
            (
                "simulator",
                f"a simulator, routed as {service.engine}",
                "run an engine in production",
            )
        )
    if len(service.ports) > 1:
        found.append(
            (
                "multi-port",
                f"serves on {len(service.ports)} ports ({listed(service.ports)}), one per data-parallel rank",
                "target all ports in a v1 InferencePool; otherwise ranks stay idle",
            )
        )
    if any(key.startswith(HARDWARE) for key in service.selector or ()):
        fact = "only a hardware label separates its pods from other pods"
        remedy = "add a label such as llm-d.ai/guide to the pod template before the hardware changes"
        found.append(("hardware-label", fact, remedy))
    if service.scheme == "https":
        found.append(
            ("tls", f"its pods serve TLS on {listed(service.ports)}", "configure the gateway to use TLS to these pods")
        )
    if service.unlabelled:
        named = ", ".join(f"{ref.kind}/{ref.name} ({role})" for ref, role in service.unlabelled.items())
        fact = f"pods of {named} lack the label {ROLE}, so llm-d's endpoint pickers treat them as pods that decode"
        found.append(("role-label", fact, f"set {ROLE} on these pods, as `llmd-routes label` prints"))
    if service.key:
        fact = f"clients must send an API key ({service.key})"
        remedy = "send the key from clients or the gateway; pass --engine-key-secret for the models server"
        found.append(("key-required", fact, remedy))
    if service.controller:
        kept = f"{service.managed_pool} and its route" if service.managed_pool else "its route, but no pool"
        remedy = "no action needed; llmd-routes only adds routes"
        found.append(("controller-owned", f"{service.controller} manages {kept}", remedy))
    if any(UNKNOWN_NAMESPACE in model for model in service.models):
        found.append(
            (
                "namespace-unknown",
                "a served name contains the namespace, which the input does not contain",
                "give -n NAMESPACE",
            )
        )
    return found


def _unroutable_owner(service: ModelService) -> list[Remark]:
    owner = service.owned_by
    if owner is None or is_owner(owner):
        return []
    if placeholder_in(owner):
        fact, fix = f"the value of label {OWNED_BY} is not rendered", RENDER
    else:
        why = "is reserved" if owner in RESERVED else "cannot be a header value"
        fact, fix = f"engine name {owner!r} {why}", f"set {OWNED_BY} to printable ASCII without a comma"
    return [("unroutable-owner", f"{fact}, so it is not routed", fix)]


def lies_of(service: ModelService) -> Iterator[Remark]:
    """Yield a remark for each model label whose value does not match the served models.

    Labels may contain short forms (`Qwen3-32B` for `Qwen/Qwen3-32B`) or release names; these match. Routes always
    follow the arguments.
    """
    said = sorted({value for template in service.templates if (value := template.labels.get(MODEL))})
    names = [service.name or "", service.release or "", *(ref.name for ref in service.workloads)]
    for value in said:
        known = [*service.models, *(model.rpartition("/")[2] for model in service.models), *names]
        if service.models and value not in _DEFAULTS and not any(_are_related(value, other) for other in known):
            fact = f"label {MODEL} = {value}, but it serves {', '.join(service.models)}"
            yield "label-lies", fact, "correct the label; routes follow the served models"


def _are_related(one: str, other: str) -> bool:
    first, second = (re.sub("[^a-z0-9]", "", text.lower()) for text in (one, other))
    return bool(first and second) and (first in second or second in first)
