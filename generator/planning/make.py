"""Makes the plan: inventory and options in, everything that is to be emitted out. No YAML, no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from llmd_routes.errors import PlanError
from llmd_routes.gateways import by_name
from llmd_routes.gateways.implementation import Draft
from llmd_routes.inventory.current_routes import defaults_of
from llmd_routes.inventory.routes import pools_of
from llmd_routes.model.inventory import Inventory, ModelService
from llmd_routes.model.options import Options, problems_of
from llmd_routes.model.plan import Attachment, Backend, Carrier, Endpoint, Keyed, Plan, PlannedRoute
from llmd_routes.model.printed import Printed
from llmd_routes.notices import Notice

from .attach import attachments, instance_of, misfits
from .bodies import plan_carrier, taken
from .conflicts import lint
from .models_list import plan_endpoint
from .pairs import defaults, keyed
from .pools import backends
from .routes import plan_routes
from .splits import Splits, splits

# Notices that say why a service is not routed.
_LEFT_OUT = ("unknown-engine", "unreadable-model", "no-decode", "unroutable-model", "shared-pod", "roles-unjoined")


def make_plan(inventory: Inventory, options: Options, others: Sequence[ModelService] = ()) -> Plan:
    """Decide what is emitted; the order of the input does not matter.

    `others` are ModelServices that somebody else routes: they count when a default engine is chosen, and no two may be
    selected by the same request. Raises PlanError with a line for everything that is in the way: nothing is emitted for
    a part of the services, because what is missing would be pruned.
    """
    attached, wrong = attachments(inventory, options)
    instance, unnamed = instance_of(attached, options)
    problems = [*problems_of(options), *_namespace_problems(inventory), *wrong, *unnamed]
    problems += _timeout_problems(inventory, options)
    there, wrong, notices = keyed(inventory.services)
    everywhere, wrong, _ = keyed([*inventory.services, *others]) if others else (there, wrong, ())
    problems += [*wrong, *_missing(inventory, there, notices, instance)]
    found, wrong = backends(there, inventory, instance, options)
    problems += wrong
    owners = {backend.pool: backend.keyed.owner for backend in found}
    ours = [route for route in inventory.routes if route.instance == instance]
    chosen, wrong = defaults(everywhere, options.defaults, defaults_of(ours, owners))
    problems += wrong
    prefixes = tuple(path.rstrip("/") or "/" for path in options.path_prefixes)
    carrier, spread, endpoint, wrong = _read(attached, found, chosen, prefixes, inventory, instance, options)
    problems += wrong
    most, apart, reads = inventory.platform.route_matches, options.layout == "per-service", carrier.kind != "none"
    routes = plan_routes(found, chosen, prefixes, instance, most, apart, spread, reads, endpoint)
    problems += _taken_names(routes, found, inventory, instance)
    foreign = [route for route in inventory.routes if route.instance != instance]
    draft = Draft(instance, inventory, found, routes, foreign, carrier)
    printed, wrong = _additions(attached, draft)
    problems += wrong
    wrong, unsure = _refused_by_gateways(attached, draft, inventory, options)
    problems += wrong
    if problems:
        raise PlanError(dict.fromkeys(problems))
    said = [*unsure, *_warnings(attached, prefixes), *_taken_over(found, inventory, instance)]
    said += lint(routes, options.hostnames, attached, foreign)
    return Plan(
        instance=instance,
        attachments=tuple(attached),
        hostnames=options.hostnames,
        timeout=(options.timeout or "0s") if inventory.platform.route_timeouts else None,
        backends=tuple(found),
        defaults=chosen,
        routes=tuple(routes),
        printed=tuple(printed),
        notices=(*notices, *said),
        splits=spread,
        carrier=carrier,
        endpoint=endpoint,
    )


def _read(
    attached: Sequence[Attachment],
    found: Sequence[Backend],
    chosen: Mapping[str, str],
    prefixes: Sequence[str],
    inventory: Inventory,
    instance: str,
    options: Options,
) -> tuple[Carrier, Splits, Endpoint, list[str]]:
    """Return what reads requests and what it draws and answers, how engines are split, who answers, what is wrong."""
    carrier, problems = plan_carrier(attached, found, options, prefixes, instance)
    problems += taken(attached, carrier, inventory.envoy_filters, instance)
    spread, wrong = splits(found, attached, options.splits, drawn=carrier.kind != "none")
    endpoint, pointless = plan_endpoint(attached, carrier, found, chosen, spread, instance, prefixes, options)
    itself = endpoint.catalog if endpoint.kind == "static" else None
    return carrier.drawing(spread).answering(itself), spread, endpoint, [*problems, *wrong, *pointless]


def _additions(attached: Sequence[Attachment], draft: Draft) -> tuple[list[Printed], list[str]]:
    """Return what the implementations of the Gateways add, and a line for each object that cannot be emitted."""
    names = dict.fromkeys(one.implementation for one in attached)
    additions = [
        addition
        for name in names
        for addition in (*by_name(name).additions(draft), *by_name(name).bodies(draft.carrier))
    ]
    return [one for one in additions if isinstance(one, Printed)], [one for one in additions if isinstance(one, str)]


def _refused_by_gateways(
    attached: Sequence[Attachment], draft: Draft, inventory: Inventory, options: Options
) -> tuple[list[str], list[Notice]]:
    """Return what Gateways would not do with the routes, and what they may not."""
    places = {name: inventory.namespace_labels.get(name) for name in sorted({r.ref.namespace for r in draft.routes})}
    problems, unsure = misfits(attached, places, options)
    limits = [limit for one in attached for limit in by_name(one.implementation).limits(one, draft)]
    problems += [limit for limit in limits if isinstance(limit, str)]
    return problems, [*unsure, *(limit for limit in limits if isinstance(limit, Notice))]


def _namespace_problems(inventory: Inventory) -> list[str]:
    """Return that a namespace would have to be guessed: it decides which pods a pool takes."""
    bare = [service.title for service in inventory.services if not service.namespace]
    bare += [str(gateway.ref) for gateway in inventory.gateways if not gateway.ref.namespace]
    if not bare:
        return []
    shown = ", ".join(bare[:3]) + (f" and {len(bare) - 3} more" if len(bare) > 3 else "")
    named = ", ".join(inventory.named_namespaces)
    told = f"Gateways, pools and EPPs of the input name {named}" if named else "no Gateway, pool or EPP names one"
    return [f"{shown}: {'carries' if len(bare) == 1 else 'carry'} no namespace, and {told}; give -n NAMESPACE"]


def _timeout_problems(inventory: Inventory, options: Options) -> list[str]:
    if options.timeout is None or inventory.platform.route_timeouts:
        return []
    return ["--timeout: the HTTPRoute CRD of the input has no timeouts; leave it out, or install Gateway API v1.2"]


def _missing(inventory: Inventory, there: Sequence[Keyed], notices: Sequence[Notice], instance: str) -> list[str]:
    """Return what could not be read and must not be left out silently.

    That is a source which is known but was not read, a service that a route of this set leads to, and everything when
    there is nothing to route: applying the output with pruning would take away what serves today.
    """
    problems = [
        f"{entry.object}: {entry.reason}; without it the routes would not be complete"
        for entry in inventory.ignored
        if entry.unread
    ]
    routed = {one.service.title for one in there}
    left_out = [service for service in inventory.services if service.title not in routed]
    for service in left_out:
        ours = [r for r in inventory.routes if r.instance == instance and service.pool in pools_of(r)]
        if ours:
            problems.append(f"{service.title}: {ours[0].ref} routes to it today; {_why(service, inventory, notices)}")
    if not there and left_out:
        problems += [f"{service.title}: not routed; {_why(service, inventory, notices)}" for service in left_out]
    elif not there and not problems:
        problems.append("no ModelService in the input; check that its manifests are given, and -n")
    return problems


def _why(service: ModelService, inventory: Inventory, notices: Iterable[Notice]) -> str:
    known = [n for n in (*inventory.notices, *notices) if n.object == service.title]
    telling = [n for n in known if n.code in _LEFT_OUT]
    return "; ".join(f"{n.message}; {n.remedy}" for n in telling or known) or "its engine or model is not known"


def _taken_names(
    routes: Sequence[PlannedRoute], found: Sequence[Backend], inventory: Inventory, instance: str
) -> list[str]:
    """Return what would be replaced although it is of somebody else; an EPP that is deployed has a name of its own."""
    refs = {route.ref for route in inventory.routes if route.instance != instance}
    refs |= {pool.ref for pool in inventory.pools if pool.instance != instance}
    refs |= {epp.workload for epp in inventory.epps if epp.instance != instance}
    deployed = [ref for b in found if b.planned_epp for ref in (b.planned_epp.ref, b.planned_epp.pool)]
    return [
        f"{ref}: is there already and is not of this set of routes; give another --instance"
        for ref in (*(route.ref for route in routes), *deployed)
        if ref in refs
    ]


def _warnings(attached: Sequence[Attachment], prefixes: Sequence[str]) -> list[Notice]:
    found = []
    if "/" in prefixes:
        fact = "opens the engines' /metrics and admin paths, and routes of others under longer paths come first"
        found.append(Notice("path-prefix", "--path-prefix /", fact, "route only what clients need, such as /v1"))
    for one in attached:
        told = by_name(one.implementation).caution
        found += [Notice("implementation", str(one.ref), *told)] if told else []
    return found


def _taken_over(found: Sequence[Backend], inventory: Inventory, instance: str) -> list[Notice]:
    """Return the pools of others that are written over; whoever keeps them will write them back."""
    planned = {backend.pool for backend in found if backend.planned}
    return [
        Notice(
            "take-over",
            str(pool.ref),
            f"is kept by {pool.managed_by or 'somebody else'}, who may set it back",
            "set the same selector and ports there (inferencePool.modelServers.matchLabels, .targetPorts of its chart)",
        )
        for pool in inventory.pools
        if pool.instance != instance and pool.ref in planned
    ]
