"""Read back how emitted policies make agentgateway read request bodies. Pure, no I/O.

The settings are found in the expressions, and count only if they give exactly these expressions again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from typing import Final

from llmd_routes.gateways.implementation import Services
from llmd_routes.kube.objects import Object, Ref, integer, items, mapping, text
from llmd_routes.model.body_readings import BodyReading
from llmd_routes.model.gateways import Policy, Route
from llmd_routes_sidecar.answers import Answer
from llmd_routes_sidecar.extraction import Settings

from .expressions import assignments, condition, confirmations
from .policies import POLICY

_TEXT: Final = r'"(?:[^"\\]|\\.)*"'
_PATH: Final = re.compile(rf"request\.path == ({_TEXT})")
_HOSTS: Final = re.compile(rf"request\.host\.matches\(({_TEXT})\)")
_WILD: Final = "[^.].*"
# The default of agentgateway, in bytes.
_BUFFER: Final = 2 * 1024 * 1024


def body_readings(gateway: Ref, policies: Sequence[Policy], services: Services) -> Iterator[BodyReading]:
    """Yield the reading of each policy with an instance label that sets headers of a Gateway before routing."""
    near = [
        p for p in policies if p.ref.kind == POLICY and p.ref.namespace == gateway.namespace and _is_for(p, gateway)
    ]
    limits = [integer(mapping(policy.spec, "frontend", "http").get("maxBufferSize")) for policy in near]
    limit = next((each for each in limits if each is not None), _BUFFER)
    for policy in near:
        expressions = [
            (text(entry, "name") or "", text(entry, "value") or "")
            for entry in items(policy.spec, "traffic", "transformation", "request", "set")
        ]
        if policy.instance is None or not expressions:
            continue
        asks = items(policy.spec, "traffic", "extAuth", "conditional")
        if asks:
            yield _asking(policy, asks[0], expressions, services)
        else:
            settings = _settings(expressions, expressions[0][1], limit)
            yield BodyReading(policy.ref, "in-gateway", None, settings, rejects=False, reads_forms=False)


def direct_response(route: Route, rule: Object, policies: Sequence[Policy], path: str, method: str) -> Answer | None:
    """Return what a policy of a named rule answers to a request, None without such a policy."""
    target = f"HTTPRoute/{route.ref.name}/{text(rule, 'name')}"
    for policy in policies:
        if policy.ref.kind != POLICY or policy.ref.namespace != route.ref.namespace or target not in policy.targets:
            continue
        response = mapping(policy.spec, "traffic", "directResponse")
        for entry in items(response, "conditional") or ([{"policy": response}] if response else []):
            if _holds(text(entry, "condition"), path, method):
                chosen = mapping(entry, "policy")
                return Answer(integer(chosen.get("status")) or 200, text(chosen, "body") or "")
    return None


def _asking(policy: Policy, entry: Object, expressions: Sequence[tuple[str, str]], services: Services) -> BodyReading:
    """Return the reading of a policy that asks an external service; the service does not know the hosts."""
    backend = mapping(entry, "policy", "backendRef")
    service = Ref(policy.ref.namespace, "Service", text(backend, "name") or "")
    settings = services(service)
    if settings is not None:
        settings = replace(settings, hosts=_hosts(text(entry, "condition") or ""))
        if list(confirmations(settings)) != list(expressions) or condition(settings) != text(entry, "condition"):
            settings = None
    return BodyReading(policy.ref, "ext-authz", service, settings)


def _settings(expressions: Sequence[tuple[str, str]], source: str, limit: int) -> Settings | None:
    """Return the settings that give these expressions, None if none do."""
    paths = [str(json.loads(path)) for path in _PATH.findall(source.partition(" && !(")[0])]
    for keep_query, rooted in product((False, True), (False, True)):
        prefixes = tuple("/" if path == "/" or (rooted and path == "") else path for path in paths)
        settings = Settings(_hosts(source), prefixes, limit, keep_query)
        if list(assignments(settings)) == list(expressions):
            return settings
    return None


def _hosts(source: str) -> tuple[str, ...]:
    found = _HOSTS.search(source)
    if found is None:
        return ()
    names = str(json.loads(found[1])).removeprefix("(?i)^(").removesuffix(")(:[0-9]*)?$").split("|")
    return tuple(re.sub(r"\\(.)", r"\1", f"*{n.removeprefix(_WILD)}" if n.startswith(_WILD) else n) for n in names)


def _holds(expression: str | None, path: str, method: str) -> bool:
    """Return whether an emitted condition of a response holds for a request."""
    if expression is None:
        return True
    if expression.startswith("!(request.method in "):
        return method not in json.loads(expression.removeprefix("!(request.method in ").removesuffix(")"))
    return path in [json.loads(each) for each in _PATH.findall(expression)]


def _is_for(policy: Policy, gateway: Ref) -> bool:
    return any("/".join(target.split("/")[:2]) == f"Gateway/{gateway.name}" for target in policy.targets)
