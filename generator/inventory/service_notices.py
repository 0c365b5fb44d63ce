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
from .selectors import HARDWARE, common_labels
from .separation import Separation

_LABEL_REMEDY = "add a label to its pod templates that no other has (llmd-routes label prints how)"

# The default that the modelservice chart writes.
_DEFAULTS = ("random_model",)


def remarks_of_parts(parts: Sequence[Part]) -> list[Remark]:
    """Return what the parts themselves report, and where they disagree."""
    found = [remark for part in parts for remark in (*part.server.remarks, *part.notices)]
    if len({part.server.served.models for part in parts if part.server.served.models}) > 1:
        listed = "; ".join(f"{part.ref.name}: {', '.join(part.server.served.models)}" for part in parts)
        found.append(
            (
                "roles-disagree",
                f"its workloads serve different names ({listed})",
                "give all roles the same served names",
            )
        )
    return [*found, *remarks_of_ports(parts)]


def remarks_of_facts(service: ModelService) -> list[Remark]:
    """Return what users must know about a service, although it can be routed."""
    found = _unroutable_owner(service)
    if service.simulator:
        found.append(
            (
                "simulator",
                f"a simulator, no real engine; routed as {service.engine}",
                "fine in a test; run a real engine to serve",
            )
        )
    if len(service.ports) > 1:
        found.append(
            (
                "multi-port",
                f"serves on {len(service.ports)} ports ({listed(service.ports)}), one per data-parallel rank",
                "target all of them with a v1 InferencePool, or ranks stay idle",
            )
        )
    if any(key.startswith(HARDWARE) for key in service.selector or ()):
        fact = "only a label of its hardware tells its pods from others'"
        remedy = "give them a label of what they serve, such as llm-d.ai/guide, before the hardware changes"
        found.append(("hardware-label", fact, remedy))
    if service.scheme == "https":
        found.append(("tls", f"its pods speak TLS on {listed(service.ports)}", "let the gateway use TLS to them"))
    if service.unlabelled:
        named = ", ".join(f"{ref.kind}/{ref.name} ({role})" for ref, role in service.unlabelled.items())
        fact = f"pods of {named} lack the label {ROLE}, so llm-d's endpoint pickers take them for pods that decode"
        found.append(("role-label", fact, f"set {ROLE} on these pods (llmd-routes label prints how)"))
    if service.key:
        fact = f"clients must send an API key ({service.key})"
        remedy = "let clients or the gateway send it; --engine-key-secret tells it the server that lists models"
        found.append(("key-required", fact, remedy))
    if service.controller:
        kept = f"{service.managed_pool} and its route" if service.managed_pool else "its route, and no pool"
        remedy = f"leave that to {service.controller}; only routes are added"
        found.append(("controller-owned", f"{service.controller} itself keeps {kept}", remedy))
    if any(UNKNOWN_NAMESPACE in model for model in service.models):
        found.append(
            (
                "namespace-unknown",
                "a served name holds the namespace, and the input does not tell it",
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
        fact, fix = f"owner key {owner!r} {why}", f"set another {OWNED_BY}, of printable ASCII without a comma"
    return [("unroutable-owner", f"{fact}, so it is not routed", fix)]


def remarks_of_separation(service: ModelService, separation: Separation) -> list[Remark]:
    """Return why no label map takes exactly this service, and which pools mix it with others."""
    found: list[Remark] = []
    if service.selector is None and (unrendered := _unrendered(service)):
        fact = f"labels of its pods are not rendered ({', '.join(unrendered)}), so no pool can select them"
        return [("not-rendered", fact, RENDER), *_mixed(separation)]
    common = common_labels(list(service.templates))
    rivals = separation.index.taken(common, service.namespace or None) if common else 0
    if service.selector is None and not common and len(service.workloads) > 1:
        names = " and ".join(f"{ref.kind}/{ref.name}" for ref in service.workloads)
        found.append(
            (
                "no-common-label",
                f"the serving pods of {names} share no label, so no one pool can take both",
                _LABEL_REMEDY,
            )
        )
    elif service.selector is None and not common:
        found.append(("no-common-label", "its serving pods carry no label, so no pool can take them", _LABEL_REMEDY))
    elif service.selector is None and separation.others(rivals):
        others = ", ".join(separation.others(rivals))
        found.append(("cross-selection", f"every label of its pods is on pods of {others} too", _LABEL_REMEDY))
    elif service.selector is None:
        others = ", ".join(separation.strangers(rivals))
        found.append(("cross-selection", f"every label of its pods is on pods of {others} too", _LABEL_REMEDY))
    return found + _mixed(separation)


def _unrendered(service: ModelService) -> list[str]:
    pairs = {f"{key}={value}" for each in service.templates for key, value in each.labels.items()}
    return sorted(pair for pair in pairs if placeholder_in(pair))


def _mixed(separation: Separation) -> list[Remark]:
    """Return a remark for each set of other services whose pods share an InferencePool with this service."""
    by_others: dict[str, list[str]] = {}
    for pool, mask in separation.touching:
        idle = [f"{name}, which do not serve" for name in separation.strangers(mask)]
        others = " and ".join(filter(None, (", ".join(separation.others(mask)), *idle)))
        if others:
            by_others.setdefault(others, []).append(str(pool.ref))
    return [
        (
            "cross-selection",
            f"{', '.join(pools)} {'selects' if len(pools) == 1 else 'select'} its pods and those of {others}",
            "narrow each pool's selector to one service (inferencePool.modelServers.matchLabels of its chart)",
        )
        for others, pools in by_others.items()
    ]


def remarks_of_pools(service: ModelService, separation: Separation) -> list[Remark]:
    """Return the pools that take this service's pods but target other ports than those they serve on."""
    by_ports: dict[tuple[int, ...], list[str]] = {}
    for pool, _ in separation.touching:
        if service.ports and pool.ports != service.ports:
            by_ports.setdefault(pool.ports, []).append(str(pool.ref))
    return [
        (
            "pool-port-mismatch",
            f"{', '.join(pools)} {'targets' if len(pools) == 1 else 'target'} {_listed(ports) or 'no port'} "
            f"but its pods serve on {_listed(service.ports)}",
            "let pool and pods agree on the port (inferencePool.targetPorts of its chart)",
        )
        for ports, pools in by_ports.items()
    ]


def _listed(ports: tuple[int, ...]) -> str:
    return ", ".join(map(str, ports))


def lies_of(service: ModelService) -> Iterator[Remark]:
    """Yield a remark for each model label whose value does not match the served models.

    Labels may hold short forms (`Qwen3-32B` for `Qwen/Qwen3-32B`) or release names; these match. Routes always follow
    the arguments.
    """
    said = sorted({value for template in service.templates if (value := template.labels.get(MODEL))})
    names = [service.name or "", service.release or "", *(ref.name for ref in service.workloads)]
    for value in said:
        known = [*service.models, *(model.rpartition("/")[2] for model in service.models), *names]
        if service.models and value not in _DEFAULTS and not any(_are_related(value, other) for other in known):
            fact = f"label {MODEL} = {value}, but it serves {', '.join(service.models)}"
            yield "label-lies", fact, "correct the label; requests go by what is served"


def _are_related(one: str, other: str) -> bool:
    first, second = (re.sub("[^a-z0-9]", "", text.lower()) for text in (one, other))
    return bool(first and second) and (first in second or second in first)
