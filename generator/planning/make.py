"""Make the plan: inventory and options in, everything that is to be emitted out. No YAML, no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from llmd_routes.errors import Problems
from llmd_routes.gateways import by_name
from llmd_routes.gateways.implementation import Draft
from llmd_routes.inventory.current_routes import defaults_of
from llmd_routes.model.endpoint import Endpoint
from llmd_routes.model.inventory import Inventory, ModelService
from llmd_routes.model.options import Options
from llmd_routes.model.plan import Backend, Keyed, Plan, RouteSet
from llmd_routes.model.printed import Printed
from llmd_routes.notices import Notice

from .attach import misfits
from .backend_kind import notices_of_kind, why_services
from .bodies import plan_bodies, plan_carrier
from .checks import missing, namespace_problems, taken_names, warnings
from .conflicts import lint
from .elsewhere import elsewhere_notices, plan_elsewhere
from .engine_fields import rejected_fields
from .front_doors import is_gatewayless
from .guard import unguarded_models
from .mixed_backends import mixed_backends
from .models_list import is_made, is_served, plan_endpoint
from .needs import Need, unmet
from .pairs import defaults, keyed
from .path_rewrites import plan_rewrites
from .payload_processors import notices_of_readers
from .picker_checks import unreachable_pickers
from .pools import backends
from .removed_headers import removed_headers
from .route_set import callers_of, plan_route_set
from .routes import plan_routes
from .service_backends import service_backends, service_notices
from .several_pools import rules_with_several_pools
from .splits import splits
from .timeouts import has_timeouts, timeout_problems


def make_plan(inventory: Inventory, options: Options, others: Sequence[ModelService] = ()) -> Plan:
    """Decide what is emitted; the order of the input does not matter.

    `others` are ModelServices that another run routes: they affect the choice of a default engine, and must not share a
    match with a planned one. Raises PlanError with all problems. Nothing is emitted for a part of the services, because
    pruning would remove the missing routes.
    """
    problems = Problems()
    problems.add(*options.problems, *namespace_problems(inventory))
    route_set = plan_route_set(inventory, options, problems)
    problems.add(*timeout_problems(inventory, route_set, options))
    draft, notices = _draft(inventory, options, others, route_set, problems)
    endpoint = plan_endpoint(draft, options, problems)
    draft = replace(draft, endpoint=endpoint)
    problems.add(*unmet(options, _met(draft, endpoint, options), draft.carrier.reason))
    most = inventory.platform.route_matches
    per_service = options.layout == "per-service" or _has_one_pool_per_route(draft)
    routes = plan_routes(draft, most, per_service, plan_elsewhere(draft))
    draft = replace(draft, routes=routes)
    problems.add(*taken_names(draft, inventory))
    printed = _printed(draft, options, problems)
    notices += _notices_of_gateways(draft, inventory, problems)
    problems.raise_if_any()
    return Plan(
        instance=route_set.instance,
        attachments=route_set.attachments,
        hostnames=route_set.hostnames,
        timeout=(options.timeout or "0s") if has_timeouts(inventory, route_set) else None,
        retried=all(by_name(one.implementation).retries for one in route_set.attachments),
        backends=tuple(draft.backends),
        defaults=draft.defaults,
        routes=() if _is_gatewayless(draft) else tuple(draft.routes),
        printed=tuple(printed),
        notices=(
            *notices,
            *notices_of_kind(route_set.attachments, inventory.platform, options),
            *service_notices(draft.backends),
            *warnings(draft, inventory),
            *unreachable_pickers(draft, inventory.epps),
            *lint(draft),
            *rules_with_several_pools(draft),
            *elsewhere_notices(draft),
            *unguarded_models(draft),
            *removed_headers(draft),
            *rejected_fields(draft),
            *notices_of_readers(draft),
        ),
        splits=draft.splits,
        carrier=draft.carrier,
        endpoint=endpoint,
        callers=callers_of(route_set),
        scrapers=options.metrics_namespaces,
    )


def _met(draft: Draft, endpoint: Endpoint, options: Options) -> dict[Need, bool]:
    """Return which requirements of options are met."""
    return {
        "gateway": not _is_gatewayless(draft),
        "proxies": _is_gatewayless(draft),
        "pools": all(backend.port is None for backend in draft.backends),
        "picker": options.epp == "deploy",
        "reading": draft.carrier.kind != "none",
        "processor": draft.carrier.protocol is not None,
        "server": is_made(draft, options),
        "pods": is_made(draft, options) or draft.carrier.protocol is not None or options.epp == "deploy",
        # An invalid value counts as given.
        "token": bool(options.admin_token_secret or options.problems),
        "keys": bool(options.engine_key_secrets or options.problems),
        "answers": is_served(options) or endpoint.kind != "none",
        "rewriting": bool(plan_rewrites(replace(options, keep_path=False))),
    }


def _draft(
    inventory: Inventory,
    options: Options,
    others: Sequence[ModelService],
    route_set: RouteSet,
    problems: Problems,
) -> tuple[Draft, list[Notice]]:
    """Return the draft up to the splits, and a notice for each excluded service."""
    instance = route_set.instance
    there, notices = keyed(inventory.services, problems)
    everywhere = keyed([*inventory.services, *others], problems)[0] if others else there
    problems.add(*missing(inventory, there, notices, instance))
    reason = why_services(route_set.attachments, inventory.platform, options, problems)
    ground = _Ground(inventory, options, route_set, reason)
    draft = Draft(
        route_set,
        _backends(there, ground, problems),
        removed=_removed_backends(there, ground) if options.admin_settings else (),
        foreign=[route for route in inventory.routes if route.instance != instance],
        policies=inventory.policies,
        processors=inventory.processors,
        rule_names=inventory.platform.rule_names,
        timeout=options.timeout,
        keeps_query=options.keep_query,
    )
    owners = {backend.target: backend.keyed.owner for backend in draft.backends}
    before = dict(defaults_of([route for route in inventory.routes if route.instance == instance], owners))
    own = [policy for policy in inventory.policies if policy.instance == instance]
    for name in {one.implementation for one in route_set.attachments}:
        before |= by_name(name).kept_defaults(own)
    draft = replace(draft, defaults=defaults(everywhere, options.defaults, before | {**options.preferred}, problems))
    draft = replace(draft, carrier=plan_carrier(draft, options, problems))
    return replace(draft, splits=splits(draft, options.splits, problems)), notices


@dataclass(frozen=True, slots=True)
class _Ground:
    """What decides what is behind services; `reason` is why only Services can be, None if InferencePools can."""

    inventory: Inventory
    options: Options
    route_set: RouteSet
    reason: str | None


def _backends(services: Sequence[Keyed], ground: _Ground, problems: Problems) -> list[Backend]:
    """Return what is behind each service, in order; add an error for each one without."""
    inventory, options, route_set = ground.inventory, ground.options, ground.route_set
    if ground.reason:
        return service_backends(services, inventory, ground.reason, problems)
    # Without a Gateway in the input, a proxy is the proposed fix.
    if all(is_gatewayless(one.implementation) for one in route_set.attachments):
        return mixed_backends(services, inventory, route_set.instance, options, problems)
    return backends(services, inventory, route_set.instance, options, problems)


def _removed_backends(there: Sequence[Keyed], ground: _Ground) -> list[Backend]:
    """Return what would be behind the services whose routes the settings remove; `there` are those with routes."""
    services = ground.inventory.services
    removed = [Keyed(service, service.owned_by or "", ()) for service in services if service.is_removed]
    if not removed:
        return []
    return [backend for backend in _backends((*there, *removed), ground, Problems()) if not backend.keyed.models]


def _printed(draft: Draft, options: Options, problems: Problems) -> list[Printed]:
    """Return the objects that implementations add; adds a problem for each one that cannot be emitted."""
    names = dict.fromkeys(one.implementation for one in draft.route_set.attachments)
    additions = problems.sift(addition for name in names for addition in by_name(name).additions(draft))
    itself = draft.endpoint.catalog if draft.endpoint.kind == "static" else None
    read = list(plan_bodies(draft, itself, options))
    reading = [printed for one, bodies in read for printed in by_name(one.implementation).bodies(one, draft, bodies)]
    by_ref = {one.ref: bodies for one, bodies in read}
    proxies = problems.sift(
        printed
        for one in draft.route_set.attachments
        for printed in by_name(one.implementation).proxies(one, draft, by_ref.get(one.ref), options)
    )
    return [*additions, *reading, *proxies]


def _has_one_pool_per_route(draft: Draft) -> bool:
    return any(by_name(one.implementation).one_pool_per_route for one in draft.route_set.attachments)


def _is_gatewayless(draft: Draft) -> bool:
    return any(is_gatewayless(one.implementation) for one in draft.route_set.attachments)


def _notices_of_gateways(draft: Draft, inventory: Inventory, problems: Problems) -> list[Notice]:
    """Return notices about limits and conflicts of the Gateways; adds a problem for each that prevents the routes."""
    known = inventory.namespace_labels
    places = {name: known.get(name) for name in sorted({route.ref.namespace for route in draft.routes})}
    attached = draft.route_set.attachments
    notices = misfits(attached, places, draft.route_set.hostnames, problems)
    for one in attached:
        implementation = by_name(one.implementation)
        notices += problems.sift(implementation.limits(one, draft))
        if draft.carrier.kind != "none":
            notices += problems.sift(implementation.carrier_limits(draft.carrier.kind, one, draft))
        notices += problems.sift(implementation.in_the_way(one, draft))
    return notices
