"""Explain why a ModelService has no InferencePool and none is created, with the fix. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Sequence

from llmd_routes.model.inventory import Epp, Inventory, ModelService
from llmd_routes.model.plan import Keyed
from llmd_routes.names import GATEWAY_CHART
from llmd_routes.notices import Bar, barring
from llmd_routes.problems import Problem


def why_poolless(
    one: Keyed, poolless: Sequence[Keyed], spare: Sequence[Epp], inventory: Inventory, *, take_over: bool = False
) -> Sequence[str | Problem]:
    """Return why a service has no pool, unless an EPP clearly waits for one."""
    service = one.service
    if known := noted(service, inventory, "selector", "pool", take_over=take_over):
        return known
    near = [epp.workload.name for epp in spare if epp.pool_namespace == service.namespace]
    if near:
        others = [other.service.title for other in poolless if other.service.namespace == service.namespace]
        return [
            f"{service.title}: its endpoint picker is ambiguous ({', '.join(near)}, for"
            f" {', '.join(others)}); name the pool or the release after the ModelService's release, name or guide,"
            " or pass --epp deploy"
        ]
    alone = [epp for epp in inventory.epps if _picks_alone(epp, service)]
    if alone:
        return [
            f"{service.title}: {alone[0].workload} is a stand-alone router, which serves no InferencePool;"
            f" pass --backend service to route to its proxy, install the chart {GATEWAY_CHART} instead, or pass"
            " --epp deploy"
        ]
    return [
        f"{service.title}: no InferencePool selects its pods, and no endpoint picker (EPP) waits for one;"
        f" install the chart {GATEWAY_CHART} for it, or pass --epp deploy"
    ]


def noted(service: ModelService, inventory: Inventory, *bars: Bar, take_over: bool = False) -> list[Problem]:
    """Return the problems of the notices that prevent what `bars` lists.

    With `take_over`, InferencePools are overwritten, so notices caused by pools are resolved.
    """
    codes = barring(*bars)
    known = [n for n in inventory.notices if n.object == service.title and n.code in codes]
    known = [n for n in known if not (take_over and n.pools)]
    # A pool that also selects other pods is replaced as a whole, so its port is part of that problem.
    replaced = {n.remedy for n in known if n.code == "mixed-pool"}
    return [n.problem for n in known if n.code != "pool-port-mismatch" or n.remedy not in replaced]


def _picks_alone(epp: Epp, service: ModelService) -> bool:
    """Return whether an EPP selects the pods of a service without an InferencePool."""
    if not epp.endpoints or epp.workload.namespace != service.namespace:
        return False
    return all(epp.endpoints.items() <= template.labels.items() for template in service.templates)
