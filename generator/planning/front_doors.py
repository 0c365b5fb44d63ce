"""Choose the name and the namespace of proxies that llmd-routes emits itself, without a Gateway. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from llmd_routes.gateways import IMPLEMENTATIONS, by_name
from llmd_routes.kube.objects import Ref, is_dns_label
from llmd_routes.model.inventory import Inventory
from llmd_routes.model.options import Options
from llmd_routes.model.plan import Attachment
from llmd_routes.problems import Problem

# The name of the Service and of the pods, if --gateway does not set one.
_NAME: Final = "llmd-routes"


def is_gatewayless(implementation: str | None) -> bool:
    """Return whether an implementation has no Gateways, so llmd-routes emits its proxies."""
    return implementation is not None and by_name(implementation).gatewayless


def front_doors(inventory: Inventory, options: Options) -> Iterator[Attachment | Problem]:
    """Yield the Service of each proxy to emit, in the order of `--gateway`, and an error for each unusable name."""
    for wanted in options.gateways or ("",):
        namespace, _, name = wanted.rpartition("/")
        yield _front_door(name or _NAME, namespace, inventory, options)


def no_gateway(inventory: Inventory) -> Problem:
    """Return the error that the input contains no Gateway; stand-alone routers need none."""
    fact, fix = "the input contains no Gateway", "add its manifest, or pass --gateway NS/NAME --implementation NAME"
    routers = sum(service.router is not None for service in inventory.services)
    if not routers:
        return Problem("", fact, fix)
    (name,) = (one.name for one in IMPLEMENTATIONS if one.gatewayless)
    fact = f"{fact}, and {routers} of {len(inventory.services)} ModelServices have stand-alone routers"
    fix = f"pass --implementation {name} to emit a proxy in front of them, or add the manifest of a Gateway"
    return Problem("", fact, fix)


def _front_door(name: str, namespace: str, inventory: Inventory, options: Options) -> Attachment | Problem:
    implementation = options.implementation or ""
    option = f"--implementation {implementation}"
    places = [namespace] if namespace else sorted({service.namespace for service in inventory.services})
    if not namespace and len(options.namespaces) == 1:
        places = list(options.namespaces)
    if len(places) != 1:
        shown = ", ".join(filter(None, places)) or "no namespace"
        fact = f"the ModelServices are in {shown}, so the namespace of the proxy is ambiguous"
        return Problem(option, fact, f"pass --gateway NAMESPACE/{name}")
    ref = Ref(places[0], "Service", name)
    if not is_dns_label(name):
        return Problem(f"--gateway {name}", "not a valid name of a Service", "use lower-case letters, digits and -")
    same = [gateway for gateway in inventory.gateways if (gateway.ref.namespace, gateway.ref.name) == (places[0], name)]
    if same:
        fact = f"{same[0].ref} exists, and this implementation has no Gateways"
        return Problem(option, fact, "remove the option, or pass another name with --gateway NAMESPACE/NAME")
    return Attachment(ref, implementation)
