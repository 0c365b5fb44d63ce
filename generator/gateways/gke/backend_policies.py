"""Plan the health checks and the timeouts of GKE's load balancer. Pure, no I/O.

By default it checks pods with GET /, which engines answer with 404, and ends requests after 30 seconds.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

from llmd_routes.gateways.implementation import Draft
from llmd_routes.kube.objects import Ref, dig
from llmd_routes.model.endpoint import Aggregator
from llmd_routes.model.naming import route_name
from llmd_routes.model.plan import Backend
from llmd_routes.model.printed import Printed
from llmd_routes.notices import Notice
from llmd_routes.pods.engines import health_path_of
from llmd_routes.quantities import seconds
from llmd_routes_sidecar.extraction import MODELS

from .policies import BACKEND, HEALTH, foreign_policies

# The timeout that llm-d's charts set, in seconds.
_TIMEOUT: Final = 300
_DEFAULT_TIMEOUT: Final = 30
_HEALTH_TEMPLATE: Final = "gke/healthcheckpolicy.yaml.j2"


def plan_backend_policies(draft: Draft) -> Iterator[Printed | str]:
    """Yield a health check and a timeout for each InferencePool, and a health check for the models server.

    An object with a policy of another owner gets none of that kind, because GKE applies only one.
    """
    timeout = _timeout(draft)
    if timeout == 0:
        yield f"--route-timeout {draft.timeout}: GKE requires a timeout; use a longer one"
        return
    for backend in _pools(draft):
        target, name = backend.target, route_name(f"{draft.route_set.instance}.{backend.target.name}", 1)
        aim = {"group": backend.group, "kind": target.kind, "name": target.name}
        if not any(foreign_policies(draft, HEALTH, target)):
            ref = Ref(target.namespace, HEALTH, name)
            yield Printed(ref, _HEALTH_TEMPLATE, {"target": aim, "check": _engine_check(backend)})
        if not any(foreign_policies(draft, BACKEND, target)):
            ref = Ref(target.namespace, BACKEND, name)
            yield Printed(ref, "gke/gcpbackendpolicy.yaml.j2", {"target": aim, "timeout": timeout})
    if draft.endpoint.aggregator is not None:
        yield _server_check(draft.endpoint.aggregator)


def service_check(service: Ref, check: dict[str, Any]) -> Printed:
    """Return the health check of an emitted Service, with the name of the Service."""
    ref = Ref(service.namespace, HEALTH, service.name)
    target = {"group": "", "kind": "Service", "name": service.name}
    return Printed(ref, _HEALTH_TEMPLATE, {"target": target, "check": check})


def short_timeouts(draft: Draft) -> Iterator[Notice]:
    """Yield a warning for each backend whose requests end earlier than a generated policy would allow.

    These are InferencePools with a policy of another owner, and Services, for which no policy is generated.
    """
    wanted = _timeout(draft)
    for backend in draft.backends:
        policies = list(foreign_policies(draft, BACKEND, backend.target))
        for policy in policies:
            given = dig(policy.spec, "default", "timeoutSec")
            timeout = given if isinstance(given, int) else _DEFAULT_TIMEOUT
            if timeout < wanted:
                fact = f"ends requests to {backend.target} after {timeout} seconds"
                yield Notice("gateway-timeout", str(policy.ref), fact, f"set default.timeoutSec: {wanted} in its spec")
        if backend.port is not None and not policies:
            fact = f"GKE ends requests to it after {_DEFAULT_TIMEOUT} seconds"
            fix = f"add a GCPBackendPolicy with default.timeoutSec: {wanted} for it"
            yield Notice("gateway-timeout", str(backend.target), fact, fix)


def unprobed_services(draft: Draft) -> Iterator[Notice]:
    """Yield a warning for each Service of engines without a health check."""
    for backend in draft.backends:
        if backend.port is not None and not any(foreign_policies(draft, HEALTH, backend.target)):
            fact = "GKE checks its pods with GET /, which engines answer with 404"
            fix = f"add a HealthCheckPolicy with path {health_path_of(backend.keyed.service.engine)} for it"
            yield Notice("health-check", str(backend.target), fact, fix)


def _timeout(draft: Draft) -> int:
    """Return the timeout of requests in seconds; 0 for none."""
    return _TIMEOUT if draft.timeout is None else math.ceil(seconds(draft.timeout) or 0)


def _pools(draft: Draft) -> list[Backend]:
    """Return the backends that are InferencePools, each once, sorted."""
    pools = {backend.target: backend for backend in draft.backends if backend.port is None}
    return [pools[target] for target in sorted(pools)]


def _engine_check(backend: Backend) -> dict[str, Any]:
    pool = backend.planned or backend.there
    ports = pool.ports if pool is not None and pool.ports else backend.keyed.service.ports
    return {"type": "HTTP", "path": health_path_of(backend.keyed.service.engine), "port": ports[0]}


def _server_check(server: Aggregator) -> Printed:
    # The port of its health checks accepts only pods that scrape metrics.
    path = f"{server.prefixes[0].rstrip('/')}{MODELS}"
    return service_check(server.ref, {"type": "HTTP", "path": path, "port": None})
