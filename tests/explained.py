"""Routes and requests of every form, made from a seed, and what `explain` predicts for them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from random import Random
from typing import Any, NamedTuple

from llmd_routes.explaining.entrances import choose_door, find_doors
from llmd_routes.explaining.explain import explain
from llmd_routes.explaining.surroundings import surroundings
from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.namespaces import Scope
from llmd_routes.model.explanation import Explanation
from llmd_routes.model.requests import ClientRequest
from llmd_routes_sidecar.request_head import Request

Obj = dict[str, Any]
MODELS = ("m1", "org/m2", "m3")
OWNERS = ("vllm", "sglang", "default", "nope")
PREFIXES = ("/", "/v1", "/v1/", "/v1/chat", "/v1/chat/completions", "/v2")
EXACT = ("/v1/chat/completions", "/v1", "/v1/models", "/other")
PATTERNS = ("/v1/.*", "/v[12]/chat.*", "/.*", "/other|/v1")
PATHS = ("/", "/v1", "/v1/", "/v1/chat/completions", "/v1/chatx", "/v1/models", "/v1/models/m1", "/v2/chat", "/other")
QUERIES = ("", "", "?a=1", "?a=2&b=", "?model=m1", "?engine=vllm&a=1", "?a=1&a=2")
HOSTS = ("a.example", "*.example", "b.a.example", "*.a.example", "other.test")
ASKED = ("", "a.example", "A.Example:80", "b.a.example", "c.a.example", "x.example", "other.test", "none.test")


class Sent(NamedTuple):
    """A request as it is sent."""

    head: Request
    body: bytes | None


def foreign_routes(random: Random, gateway: Obj, names: Sequence[str], services: Sequence[str]) -> list[Obj]:
    """Return HTTPRoutes of these names with matches of every form, to Services of which some do not exist."""
    return [_route(random, gateway, name, services) for name in names]


def _route(random: Random, gateway: Obj, name: str, services: Sequence[str]) -> Obj:
    meta = gateway["metadata"]
    spec: Obj = {
        "parentRefs": [{"name": meta["name"], "namespace": meta["namespace"]}],
        # No other match takes precedence over the last rule, so each route is in the configuration of the gateway.
        "rules": [
            *(_rule(random, services) for _ in range(random.randint(1, 3))),
            {"matches": [{"path": {"type": "Exact", "value": f"/only/{name}"}}]},
        ],
    }
    if random.random() < 0.4:
        spec["hostnames"] = sorted(random.sample(HOSTS, random.randint(1, 2)))
    metadata = {"name": name, "namespace": meta["namespace"]}
    return {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "metadata": metadata, "spec": spec}


def _rule(random: Random, services: Sequence[str]) -> Obj:
    rule: Obj = {"matches": [_match(random) for _ in range(random.randint(1, 3))]}
    kind = random.random()
    if kind < 0.8:
        rule["backendRefs"] = [{"name": random.choice(services), "port": 80}]
    elif kind < 0.9:
        rule["backendRefs"] = [{"name": "missing", "port": 80}]
    return rule


def _match(random: Random) -> Obj:
    kind = random.choice(("PathPrefix", "PathPrefix", "Exact", "RegularExpression"))
    values = {"PathPrefix": PREFIXES, "Exact": EXACT, "RegularExpression": PATTERNS}
    match: Obj = {"path": {"type": kind, "value": random.choice(values[kind])}}
    conditions = (
        ("x-owned-by", ("vllm", "sglang", "default"), ("v.*", ".+", "vllm|default")),
        ("X-Gateway-Model-Name", ("m1", "org/m2"), ("m.*", "org/.*|m1")),
        ("x-team", ("a", "b"), ("a|b",)),
    )
    headers = [_value(random, *each) for each in conditions if random.random() < 0.35]
    if headers:
        match["headers"] = headers
    if random.random() < 0.15:
        match["method"] = random.choice(("GET", "POST"))
    if random.random() < 0.15:
        match["queryParams"] = [_value(random, "a", ("1", "2"), ("1|2", ".+"))]
    return match


def _value(random: Random, name: str, values: Sequence[str], patterns: Sequence[str]) -> Obj:
    if random.random() < 0.6:
        return {"name": name, "type": "Exact", "value": random.choice(values)}
    return {"name": name, "type": "RegularExpression", "value": random.choice(patterns)}


def requests(random: Random, number: int, host: str) -> list[Sent]:
    """Return requests that hit the matches of the routes, and others that just miss them; `host` is the usual one."""
    return [_request(random, host) for _ in range(number)]


def _request(random: Random, host: str) -> Sent:
    headers: list[tuple[str, str]] = []
    if random.random() < 0.4:
        headers.append(("x-owned-by", random.choice((*OWNERS, "SGLang"))))
    if random.random() < 0.3:
        headers.append(("X-Gateway-Model-Name", random.choice(MODELS)))
    if random.random() < 0.3:
        headers.append(("x-team", random.choice(("a", "b", "c"))))
    path = random.choice(PATHS if random.random() < 0.5 else ("/v1/chat/completions", "/v1"))
    method, body = random.choice(("GET", "POST", "POST", "POST", "PUT")), None
    if method != "GET" and random.random() < 0.9:
        body = _body(random).encode()
        headers.append(("content-type", random.choice(("application/json",) * 5 + ("text/plain",))))
        headers.append(("content-length", str(len(body))))
    head = Request(method, random.choice(ASKED) or host, path + random.choice(QUERIES), tuple(headers))
    return Sent(head, body)


def _body(random: Random) -> str:
    fields: Obj = {"prompt": "Hi" * random.choice((1, 1, 1, 1000))}
    if random.random() < 0.8:
        fields["model"] = random.choice((*MODELS, *MODELS, "", None, 7))
    if random.random() < 0.5:
        fields[random.choice(("owned_by", "engine"))] = random.choice((*OWNERS, None, 3))
    return random.choice((json.dumps(fields),) * 9 + ("{", "[]"))


def predict(objects: Sequence[Obj], gateway: str, sent: Sent, address: str, port: int = 80) -> Explanation:
    """Return what `explain` says about a request to an address."""
    around = surroundings(build_inventory(objects), objects, Scope(), is_live=True)
    door = choose_door(find_doors(around.inventory, around.objects), [gateway], address)
    return explain(ClientRequest("http", address, port, sent.head, sent.body or b""), door, around)


def outcome(explanation: Explanation, answered: int = 503) -> tuple[int, str | None]:
    """Return the predicted status and the name of the chosen backend, which gives 503 if nothing is behind it."""
    chosen = [each.backend for each in explanation.destinations if not each.fault]
    status, by = explanation.outcome.status, explanation.outcome.by
    # An engine that would answer 404 was chosen too, and so was a backend without pods.
    is_forwarded = status in (None, 503) or by in map(str, chosen)
    return (answered, chosen[0].name) if is_forwarded else (status or 0, None)
