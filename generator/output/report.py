"""Report what was generated and where each ModelService is routed. Pure: lines out, no I/O."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from llmd_routes.gateways import IMPLEMENTATIONS
from llmd_routes.model.inventory import Inventory
from llmd_routes.model.plan import Backend, Plan
from llmd_routes.model.processors import Reader
from llmd_routes.notices import Notice
from llmd_routes_sidecar.owners import MODEL_HEADER, OWNER_HEADER

_MOST_SERVICES: Final = 50


def report(inventory: Inventory, plan: Plan) -> list[str]:
    """Return the lines of a report.

    First the assumed namespace, then one line per ModelService, the totals, and what clients must do.
    """
    return [
        *_assumed(inventory),
        *(_goes_where(backend, plan) for backend in plan.backends[:_MOST_SERVICES]),
        *([f"and {len(plan.backends) - _MOST_SERVICES} more"] if len(plan.backends) > _MOST_SERVICES else []),
        *_spread(plan),
        _totals(plan),
        *_carried(plan),
        _answered(plan),
    ]


def notes(inventory: Inventory, plan: Plan, notices: Iterable[Notice] = ()) -> tuple[Notice, ...]:
    """Return the notices of an inventory, a plan and a reading that apply to the emitted objects, sorted, each once."""
    every = sorted({*inventory.notices, *plan.notices, *notices})
    overwritten = {str(backend.target) for backend in plan.backends if backend.planned}
    return tuple(
        notice
        for notice in every
        # The first line of the report names the assumed namespace.
        if not (notice.code == "namespace-unknown" and inventory.assumed_namespace is not None)
        if not (notice.pools and overwritten.issuperset(notice.pools))
    )


def _assumed(inventory: Inventory) -> list[str]:
    namespace = inventory.assumed_namespace
    return [f"objects without a namespace are assumed to be in {namespace}; -n overrides this"] if namespace else []


def _goes_where(backend: Backend, plan: Plan) -> str:
    one = backend.keyed
    alone = [model for model in one.models if model not in plan.splits]
    defaults = [model for model in alone if plan.defaults[model] == one.owner]
    models = ", ".join(one.models[:3]) + (f" and {len(one.models) - 3} more" if len(one.models) > 3 else "")
    default = "" if not defaults else " (default)" if len(defaults) == len(one.models) else " (default of some)"
    if backend.planned_epp and backend.epp:
        return (
            f"{one.service.title}: {models} as {one.owner}{default} -> {backend.target} (created with"
            f" {backend.epp.service})"
        )
    if backend.port is not None:
        how = "stand-alone router" if one.service.router else "no endpoint picker"
        return f"{one.service.title}: {models} as {one.owner}{default} -> {backend.target}:{backend.port} ({how})"
    how = f"created for {backend.epp.workload.name}" if backend.planned and backend.epp else "existing"
    return f"{one.service.title}: {models} as {one.owner}{default} -> {backend.target} ({how})"


def _spread(plan: Plan) -> list[str]:
    """Return the splits, each with the models that have it."""
    by_weights: dict[str, list[str]] = {}
    for model, weights in plan.splits.items():
        told = ", ".join(f"{owner} {weight}" for owner, weight in sorted(weights.items()))
        by_weights.setdefault(told, []).append(model)
    return [
        f"requests for {', '.join(models[:3])}{f' and {len(models) - 3} more' if len(models) > 3 else ''}"
        f" without an engine are split: {told}"
        for told, models in by_weights.items()
    ]


def _carried(plan: Plan) -> list[str]:
    """Return where model and engine of a request come from, what that costs, and why it is so."""
    if plan.carrier.readers:
        return [_read_by(reader) for reader in plan.carrier.readers]
    if plan.carrier.kind == "none":
        return [
            f"clients must send both headers, {MODEL_HEADER} and {OWNER_HEADER} (without the second, the default engine"
            f" answers); request bodies are not inspected {plan.carrier.reason}"
        ]
    return [one.note for one in plan.printed if one.note]


def _read_by(reader: Reader) -> str:
    fact = f"{reader.policy} sets {MODEL_HEADER}" + (f" and {OWNER_HEADER}" if reader.reads_engine else "")
    if reader.workload is not None:
        read = "the model and the engine" if reader.reads_engine else "the model"
        fact = f"{reader.workload}, which {reader.policy} calls, reads {read} from bodies"
    return f"{fact}; a request without {OWNER_HEADER} reaches the default engine"


def _answered(plan: Plan) -> str:
    """Return what answers the models list, or why nothing does."""
    endpoint = plan.endpoint
    if endpoint.catalog is None:
        return f"no models list: {endpoint.reason}"
    known = endpoint.catalog.entries
    models, owners = len({entry.id for entry in known}), len({entry.owned_by for entry in known})
    server, there = endpoint.aggregator, endpoint.service
    who = str(server.ref) if server else f"Service {there.namespace}/{there.name}" if there else "the gateway"
    also = " and unserved requests" if endpoint.catch_all else ""
    return (
        f"{who} answers the models list{also}: {_count(models, 'model')}, {_count(owners, 'engine')};"
        " run generate again if they change"
    )


def _totals(plan: Plan) -> str:
    kinds = dict.fromkeys(read.kind for one in IMPLEMENTATIONS for read in one.prints)
    counts = {
        "HTTPRoute": len(plan.routes),
        "InferencePool": len(plan.pools),
        **{kind: sum(one.ref.kind == kind for one in plan.printed) for kind in kinds},
        "endpoint picker": len(plan.epps),
    }
    made = ", ".join(_count(number, kind) for kind, number in counts.items() if number)
    made = made or _count(len(plan.printed), "object")
    gateways = ", ".join(f"{one.ref} ({one.implementation})" for one in plan.attachments)
    return f"{made} for {gateways}; instance {plan.instance}"


def _count(number: int, kind: str) -> str:
    several = f"{kind[:-1]}ies" if kind.endswith("y") else f"{kind}s"
    return f"{number} {kind if number == 1 else several}"
