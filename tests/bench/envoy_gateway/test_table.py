"""The table of the contract through the filter that a real Envoy Gateway puts into its Envoy."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace

import pytest

from llmd_routes.gateways.envoy_gateway.body_policies import plan_policies
from llmd_routes.gateways.implementation import Draft
from llmd_routes.kube.objects import Ref
from llmd_routes.model.bodies import Bodies
from llmd_routes.model.plan import Attachment, Match, PlannedRoute, RouteSet, Rule, Share
from llmd_routes.output.render import render_printed
from tests.bench.apiserver import free_ports
from tests.bench.bench import Bench
from tests.bench.processes import Processes
from tests.bench.scene.gateway import Gateway
from tests.bench.waiting import until
from tests.envoy.client import call
from tests.envoy.upstream import Upstream, outcome, read, upstream
from tests.sidecar.vectors import SETTINGS, VECTORS, Vector

from .scene import API, apply, fronted, gateway, wait_accepted

NAMESPACE = "table"


@pytest.fixture(scope="module")
def behind() -> Iterator[Upstream]:
    """What stands behind the gateway."""
    with upstream("0.0.0.0") as server:
        yield server


@pytest.fixture(scope="module")
def place(server: Bench, controller: Processes, behind: Upstream) -> Gateway:
    """A Gateway with the filter of the table's settings; a route without the filter takes all other hosts."""
    (port,) = free_ports(1, "0.0.0.0")
    server.kubectl.must("create", "namespace", NAMESPACE)
    attachment = Attachment(Ref(NAMESPACE, "Gateway", "gateway"), "envoy-gateway")
    rules = (Rule((Match("/"),), (Share("echo", "", 1, 80),)),)
    planned = PlannedRoute(Ref(NAMESPACE, "HTTPRoute", "table"), rules)
    draft = Draft(RouteSet("table", (attachment,), SETTINGS.prefixes, SETTINGS.hosts), routes=[planned])
    emitted = [render_printed(each, "table") for each in plan_policies(attachment, draft, Bodies(SETTINGS))]
    echo = {"backendRefs": [{"name": "echo", "port": 80}], "timeouts": {"request": "0s"}}
    routes = [
        {
            "apiVersion": API,
            "kind": "HTTPRoute",
            "metadata": {"name": name, "namespace": NAMESPACE},
            "spec": {"parentRefs": [{"name": "gateway"}], "rules": [echo], **hosts},
        }
        for name, hosts in (("table", {"hostnames": list(SETTINGS.hosts)}), ("other", {}))
    ]
    apply(server.kubectl, [gateway(NAMESPACE, port), *fronted(NAMESPACE, "echo", behind.port), *routes])
    server.kubectl.must("apply", "-f", "-", stdin="---\n".join(each.text for each in emitted))
    for kind in ("clienttrafficpolicy", "envoyextensionpolicy"):
        wait_accepted(server.kubectl, kind, NAMESPACE, "table")
    found = Gateway("127.0.0.1", port)
    refused = {"host": SETTINGS.hosts[0], "content-type": "application/json"}
    until(lambda: found.ask("POST", "/v1/x", refused, "[]").status == 400, "the filter reads bodies")
    return found


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_the_table(place: Gateway, vector: Vector) -> None:
    wanted, request = vector.wanted("lua"), vector.request
    if wanted.status is None and request.values("content-length"):
        request = replace(request, headers=tuple(h for h in request.headers if h[0].lower() != "content-length"))
    status, _, raw = call(place.port, request, vector.body)
    assert status == (wanted.status or 200), raw
    if status == 200 and not request.values("upgrade"):
        got, body = read(raw), vector.body or b""
        assert outcome(vector, got) == wanted
        assert (got.length, got.digest) == (len(body), hashlib.sha256(body).hexdigest())
