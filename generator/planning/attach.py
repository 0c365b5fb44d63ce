"""Choose the Gateways and listeners that the routes attach to, and the name of the set of routes. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from llmd_routes.errors import Problems
from llmd_routes.gateways import by_name
from llmd_routes.kube.objects import Ref
from llmd_routes.model.gateways import Gateway
from llmd_routes.model.inventory import Inventory
from llmd_routes.model.naming import LONGEST_NAME, shortened
from llmd_routes.model.options import Options
from llmd_routes.model.plan import Attachment
from llmd_routes.notices import Notice
from llmd_routes.problems import Problem

from .front_doors import front_doors, is_gatewayless, no_gateway
from .listeners import Namespaces, choose, refusals, section, unproven


def attachments(inventory: Inventory, options: Options, problems: Problems) -> list[Attachment]:
    """Return the Gateways to attach to, in the requested order, and add an error for each unusable one."""
    if is_gatewayless(options.implementation):
        return problems.sift(front_doors(inventory, options))
    named = (_wanted(wanted, inventory, options) for wanted in options.gateways)
    attached = problems.sift(named if options.gateways else [_only(inventory, options)])
    problems.add(*_refused(attached))
    return attached


def _refused(attached: Sequence[Attachment]) -> Iterator[Problem]:
    """Yield an error for each Gateway whose implementation cannot route by headers."""
    for one in attached:
        refused = by_name(one.implementation).refused
        if refused:
            yield Problem(str(one.ref), *refused)


def _only(inventory: Inventory, options: Options) -> Attachment | str | Problem:
    gateways = inventory.gateways
    if not gateways:
        return no_gateway(inventory)
    if len(gateways) > 1:
        flags = "pass " + " or ".join(f"--gateway {_name(gateway.ref)}" for gateway in gateways)
        return f"the input contains {len(gateways)} Gateways; {flags}"
    return _attached(gateways[0], options)


def _wanted(wanted: str, inventory: Inventory, options: Options) -> Attachment | str:
    namespace, _, name = wanted.rpartition("/")
    found = [g for g in inventory.gateways if g.ref.name == name and namespace in ("", g.ref.namespace)]
    if len(found) > 1:
        within = [g for g in found if g.ref.namespace in options.namespaces]
        found = within if len(within) == 1 else found
    if len(found) > 1:
        return f"--gateway {wanted}: {', '.join(_name(g.ref) for g in found)} have this name; pass NS/NAME"
    if found:
        return _attached(found[0], options)
    given = namespace or (options.namespaces[0] if len(options.namespaces) == 1 else "")
    if not options.implementation:
        there = ", ".join(_name(gateway.ref) for gateway in inventory.gateways) or "no Gateway"
        return (
            f"--gateway {wanted}: not in the input, which contains {there}; pass --implementation to attach"
            f" to it anyway"
        )
    if not given:
        return f"--gateway {wanted}: not in the input, so its namespace is unknown; pass NS/{name}"
    return Attachment(Ref(given, "Gateway", name), options.implementation, options.listener)


def _attached(gateway: Gateway, options: Options) -> Attachment | str:
    told = gateway.implementation
    if told and options.implementation and told != options.implementation:
        return f"{gateway.ref}: its class {gateway.gateway_class} belongs to {told}; remove --implementation"
    implementation = told or options.implementation
    if not implementation:
        return (
            f"{gateway.ref}: class {gateway.gateway_class or '(none)'} belongs to no known implementation;"
            " add its GatewayClass to the input, or pass --implementation"
        )
    listener = choose(gateway, options.listener, options.hostnames)
    if isinstance(listener, str):
        return listener
    name = options.listener or section(gateway, listener)
    return Attachment(gateway.ref, implementation, name, gateway, listener)


def misfits(
    attached: Sequence[Attachment], namespaces: Namespaces, hostnames: Sequence[str], problems: Problems
) -> list[Notice]:
    """Return notices about unknown properties of listeners, and add errors if they reject these namespaces."""
    notices: list[Notice] = []
    for one in attached:
        if is_gatewayless(one.implementation):
            continue
        if one.gateway is None or one.listener is None:
            fact = "not in the input, so llmd-routes did not check whether its listeners allow these routes"
            notices.append(Notice("gateway-unseen", str(one.ref), fact, "add it to the input"))
            continue
        problems.add(*refusals(one.gateway, one.listener, namespaces, hostnames))
        unknown = unproven(one.gateway, one.listener, namespaces)
        if unknown:
            fact = f"listener {one.listener.name} selects namespaces by labels, and the labels are unknown"
            notices.append(
                Notice("listener-selector", str(one.ref), fact, f"check that it selects {', '.join(unknown)}")
            )
    return notices


def instance_of(attached: Sequence[Attachment], options: Options, problems: Problems) -> str:
    """Return the name of the instance, "" if none can be derived, and add the reason.

    The default, `<namespace>.<gateway>`, is safe only while one run manages all routes of that Gateway. Otherwise a
    name is required, because pruning one instance would remove the other.
    """
    if options.instance:
        return options.instance
    if len(attached) > 1:
        problems.add("--gateway: several Gateways require an instance name; pass --instance NAME")
    if len(attached) != 1:
        return ""
    ref = attached[0].ref
    if options.namespaces and ref.namespace not in options.namespaces:
        fact = f"is in another namespace than -n {' -n '.join(options.namespaces)}, so other runs may use it too"
        problems.add(f"{ref}: {fact}; pass --instance NAME")
        return ""
    return shortened(f"{ref.namespace}.{ref.name}", LONGEST_NAME)


def _name(ref: Ref) -> str:
    return f"{ref.namespace}/{ref.name}" if ref.namespace else ref.name
