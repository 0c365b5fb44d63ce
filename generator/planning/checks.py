"""Check of a plan as a whole: errors that prevent any output, and warnings. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from llmd_routes.gateways.implementation import Draft
from llmd_routes.inventory.routes import pools_of
from llmd_routes.inventory.selectors import is_telling
from llmd_routes.kube.objects import Ref
from llmd_routes.model.inventory import Ignored, Inventory, ModelService
from llmd_routes.model.plan import Keyed
from llmd_routes.names import GUIDE
from llmd_routes.notices import Notice, barring
from llmd_routes.problems import Problem

from .front_doors import is_gatewayless
from .path_rewrites import unserved_prefixes

# The number of workloads that an error names.
_MOST_SHOWN: Final = 3


def namespace_problems(inventory: Inventory) -> list[str]:
    """Return an error if a namespace is ambiguous: it determines which pods a pool selects."""
    bare = [service.title for service in inventory.services if not service.namespace]
    bare += [str(gateway.ref) for gateway in inventory.gateways if not gateway.ref.namespace]
    if not bare:
        return []
    shown = ", ".join(bare[:3]) + (f" and {len(bare) - 3} more" if len(bare) > 3 else "")
    named = ", ".join(inventory.named_namespaces)
    told = (
        f"Gateways, InferencePools and endpoint pickers name {named}"
        if named
        else "no Gateway, InferencePool or endpoint picker names one"
    )
    return [f"{shown}: {'carries' if len(bare) == 1 else 'carry'} no namespace, and {told}; pass -n NAMESPACE"]


def missing(inventory: Inventory, there: Sequence[Keyed], notices: Sequence[Notice], instance: str) -> list[Problem]:
    """Return an error for each unread object that must not be omitted silently.

    These are known sources that could not be read, services that a route of this instance references, and everything if
    nothing can be routed: applying the output with pruning would remove routes in use.
    """
    problems = [_unread(entry) for entry in inventory.ignored if entry.unread]
    routed = {one.service.title for one in there}
    left_out = [service for service in inventory.services if service.title not in routed and not service.is_removed]
    for service in left_out:
        ours = [r for r in inventory.routes if r.instance == instance and service.pool in pools_of(r)]
        if ours:
            fact = f"{ours[0].ref} routes to it, and the generated routes would not"
            problems.append(_left_out(service, fact, (*inventory.notices, *notices)))
    if not there and left_out:
        problems += [_left_out(service, "not routed", (*inventory.notices, *notices)) for service in left_out]
    elif not there and not problems:
        problems += [_removed(service) for service in inventory.services] or [nothing_served(inventory)]
    return problems


def _removed(service: ModelService) -> Problem:
    fact = "not routed: removeModels in the settings contains all of its models"
    return Problem(service.title, fact, "keep the route of one ModelService at least")


def nothing_served(inventory: Inventory, elsewhere: Sequence[str] = ()) -> Problem:
    """Return the error that no ModelService was read; `elsewhere` are other namespaces that have some."""
    if elsewhere:
        shown = ", ".join(elsewhere[:_MOST_SHOWN])
        return Problem(
            "", f"no ModelService in this namespace; the input has some in {shown}", f"pass -n {elsewhere[0]}"
        )
    return Problem("", f"no ModelService in the input{_looked_at(inventory)}", "check -f and -n")


def _unread(entry: Ignored) -> Problem:
    """Return the error that an object was not read; its reason may end with a fix."""
    fact, _, fix = entry.reason.partition("; ")
    return Problem(entry.object, f"{fact}, so the routes would be incomplete", fix)


def _looked_at(inventory: Inventory) -> str:
    """Return the workloads that are not known to serve models, as part of a sentence."""
    entries = [f"{entry.object}: {entry.reason}" for entry in inventory.ignored if not entry.expected]
    more = f" and {len(entries) - _MOST_SHOWN} more" if len(entries) > _MOST_SHOWN else ""
    return f" ({'; '.join(entries[:_MOST_SHOWN])}{more})" if entries else ""


def _left_out(service: ModelService, fact: str, notices: Iterable[Notice]) -> Problem:
    """Return the error that a service is not routed, with the notices that explain it."""
    known = [n for n in notices if n.object == service.title]
    telling = [n for n in known if n.code in barring("routing")] or known
    if not telling:
        return Problem(service.title, f"{fact}: its engine or model is unknown", "")
    reasons = " and ".join(dict.fromkeys(n.message for n in telling))
    fixes = ", and ".join(dict.fromkeys(n.remedy for n in telling))
    return Problem(service.title, f"{fact}: {reasons}", fixes, telling[0].code)


def taken_names(draft: Draft, inventory: Inventory) -> list[str]:
    """Return an error for each emitted object that would overwrite an existing object of another owner."""
    instance = draft.route_set.instance
    refs = {route.ref for route in draft.foreign}
    refs |= {pool.ref for pool in inventory.pools if pool.instance != instance}
    refs |= {epp.workload for epp in inventory.epps if epp.instance != instance}
    deployed = [ref for b in draft.backends if b.planned_epp for ref in (b.planned_epp.ref, b.planned_epp.pool)]
    doors = [one.ref for one in draft.route_set.attachments if is_gatewayless(one.implementation)]
    routes = [] if doors else [route.ref for route in draft.routes]
    return [
        *(
            f"{ref}: already exists and belongs to another instance; pass another --instance"
            for ref in (*routes, *deployed)
            if ref in refs
        ),
        *_taken_by_others(doors, inventory),
    ]


def _taken_by_others(doors: Iterable[Ref], inventory: Inventory) -> Iterator[str]:
    """Yield an error for each proxy that has the name of another Service or Deployment; `doors` are its Services."""
    ports = [port for one in inventory.services for port in (one.router, one.front) if port]
    refs = {Ref(port.namespace, "Service", port.name) for port in ports}
    refs |= {Ref(service.namespace, "Service", service.name) for service in inventory.epp_services}
    refs |= {ref for one in inventory.services for ref in one.workloads} | {epp.workload for epp in inventory.epps}
    for door in doors:
        for ref in (door, replace(door, kind="Deployment")):
            if ref in refs:
                yield f"{ref}: already exists, and is not a proxy; pass another name with --gateway NAMESPACE/NAME"


def warnings(draft: Draft, inventory: Inventory) -> Iterator[Notice]:
    """Yield warnings about the emitted objects."""
    if "/" in draft.route_set.prefixes:
        fact = "exposes the engines' /metrics and admin paths, and other routes with longer paths take precedence"
        yield Notice("path-prefix", "--path-prefix /", fact, "route only what clients need, such as /v1")
    yield from unserved_prefixes(draft.route_set.prefixes)
    yield from _taken_over(draft, inventory)
    yield from _weak_selectors(draft)


def _weak_selectors(draft: Draft) -> Iterator[Notice]:
    """Yield a warning for each emitted pool whose selector matches a class of pods, and so the next such workload."""
    for backend in draft.backends:
        selector = backend.planned.selector if backend.planned else {}
        if selector and not is_telling(selector):
            shown = ", ".join(f"{key}={value}" for key, value in selector.items())
            fact = f"its pool selects pods by {shown} only, and other workloads of that kind carry the same labels"
            fix = f"add a unique label such as {GUIDE} to its pod templates"
            yield Notice("weak-selector", backend.keyed.service.title, fact, fix)


def _taken_over(draft: Draft, inventory: Inventory) -> Iterator[Notice]:
    """Yield a warning for each InferencePool of another owner that is overwritten: its owner may revert the change."""
    planned = {backend.target for backend in draft.backends if backend.planned}
    for pool in inventory.pools:
        if pool.instance != draft.route_set.instance and pool.ref in planned:
            fact = f"managed by {pool.managed_by or 'another tool'}, which may revert the change"
            fix = f"set the same selector and ports in its chart ({', '.join(pool.values)})"
            yield Notice("take-over", str(pool.ref), fact, fix)
