"""Plan the answers to requests that no engine serves: a policy for each named rule of the routes. Pure, no I/O."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from llmd_routes.kube.objects import Ref
from llmd_routes.model.naming import LONGEST_NAME, shortened
from llmd_routes.model.plan import PlannedRoute, Rule
from llmd_routes.model.printed import Printed
from llmd_routes.names import LIST_RULE
from llmd_routes_sidecar.answers import ALLOWED, error
from llmd_routes_sidecar.catalog import Catalog
from llmd_routes_sidecar.served import as_object

from .policies import POLICY

_UNSERVED: Final = error(
    404,
    "The model is not served, or not by the named engine. GET /v1/models lists what is served.",
    "model",
    "model_not_found",
)
_NAMELESS: Final = error(
    400, "The request names no model in a JSON body or in its query.", "model", "missing_required_parameter"
)
_METHOD: Final = error(405, "Only GET is allowed here.", None, "method_not_allowed")


class Response(NamedTuple):
    """A direct response, and the CEL condition of the requests that get it; the last one needs none."""

    status: int
    body: str
    condition: str = ""


def answering_policies(routes: Sequence[PlannedRoute], catalog: Catalog) -> Iterator[Printed]:
    """Yield the policies for all named rules of the routes."""
    for route in routes:
        for rule in route.rules:
            if rule.name is not None:
                values = {"route": route.ref.name, "rule": rule.name, "answers": _responses(rule, catalog)}
                yield Printed(policy_ref(route, rule.name), "agentgateway/answering-policy.yaml.j2", values)


def policy_ref(route: PlannedRoute, rule: str) -> Ref:
    """Return the name of the policy for a rule."""
    return Ref(route.ref.namespace, POLICY, shortened(f"{route.ref.name}.{rule}", LONGEST_NAME))


def models_list(catalog: Catalog) -> str:
    """Return the models list as JSON."""
    return json.dumps({"object": "list", "data": [as_object(entry) for entry in catalog.entries]})


def _responses(rule: Rule, catalog: Catalog) -> list[Response]:
    """Return the responses to requests of a rule, in the order in which their conditions are checked."""
    if any(match.guard for match in rule.matches):
        return [Response(404, _UNSERVED.body)]
    paths = [match.path for match in rule.matches]
    if not rule.name or not rule.name.startswith(LIST_RULE):
        return [Response(400, _NAMELESS.body)]
    methods = json.dumps(list(ALLOWED))
    exact = " || ".join(f"request.path == {json.dumps(path)}" for path in paths)
    return [
        Response(405, _METHOD.body, f"!(request.method in {methods})"),
        Response(200, models_list(catalog), exact),
        Response(404, _UNSERVED.body),
    ]
