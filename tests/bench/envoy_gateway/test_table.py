"""The table of the contract through what a real Envoy Gateway puts into its Envoy: a filter, or one that asks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace

import pytest

from llmd_routes.gateways.envoy_gateway.body_policies import plan_policies
from llmd_routes.gateways.implementation import Draft
from llmd_routes.kube.objects import Ref
from llmd_routes.model.bodies import Bodies, Carrier, Processor
from llmd_routes.model.plan import Attachment, Match, PlannedRoute, RouteSet, Rule, Share
from llmd_routes.output.render import render_printed
from tests.bench.apiserver import free_ports
from tests.bench.bench import Bench
from tests.bench.processes import Processes
from tests.bench.scene.gateway import Gateway
from tests.bench.waiting import until
from tests.envoy.client import call
from tests.envoy.upstream import Upstream, outcome, read, upstream
from tests.sidecar.vectors import SETTINGS, VECTORS, Outcome, Vector, with_whole_body

from .emitted import run_emitted
from .scene import API, apply, fronted, gateway, wait_accepted

# The policies by which bodies are read.
POLICIES = {"in-gateway": "envoyextensionpolicy", "ext-authz": "securitypolicy"}


@pytest.fixture(scope="module")
def behind() -> Iterator[Upstream]:
    """What stands behind the gateway."""
    with upstream("0.0.0.0") as server:
        yield server


@pytest.fixture(scope="module", params=POLICIES)
def carrier(request: pytest.FixtureRequest) -> str:
    """What reads bodies."""
    return str(request.param)


@pytest.fixture(scope="module")
def place(
    server: Bench, controller: Processes, behind: Upstream, carrier: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Gateway]:
    """A Gateway with a reader that has the table's settings; a route without it takes all other hosts."""
    (port,) = free_ports(1, "0.0.0.0")
    namespace = f"table-{carrier}"
    server.kubectl.must("create", "namespace", namespace)
    processor = Processor(Ref(namespace, "Deployment", "reader"), "image", 1 << 28, protocol="ext-authz")
    bodies = Bodies(SETTINGS, processor=processor if carrier == "ext-authz" else None)
    attachment = Attachment(Ref(namespace, "Gateway", "gateway"), "envoy-gateway")
    rules = (Rule((Match("/"),), (Share("echo", "", 1, 80),)),)
    planned = PlannedRoute(Ref(namespace, "HTTPRoute", "table"), rules)
    kind = Carrier("ext-authz" if bodies.processor else "in-gateway", "", SETTINGS.body_limit)
    draft = Draft(RouteSet("table", (attachment,), SETTINGS.prefixes, SETTINGS.hosts), routes=[planned], carrier=kind)
    emitted = [render_printed(each, "table") for each in plan_policies(attachment, draft, bodies)]
    echo = {"backendRefs": [{"name": "echo", "port": 80}], "timeouts": {"request": "0s"}}
    routes = [
        {
            "apiVersion": API,
            "kind": "HTTPRoute",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {"parentRefs": [{"name": "gateway"}], "rules": [echo], **hosts},
        }
        for name, hosts in (("table", {"hostnames": list(SETTINGS.hosts)}), ("other", {}))
    ]
    apply(server.kubectl, [gateway(namespace, port), *fronted(namespace, "echo", behind.port), *routes])
    text = "---\n".join(each.text for each in emitted)
    server.kubectl.must("apply", "-f", "-", stdin=text)
    folder = tmp_path_factory.mktemp(carrier)
    with Processes(folder) as processes:
        run_emitted(server, text, folder, processes)
        for policy in ("clienttrafficpolicy", POLICIES[carrier]):
            wait_accepted(server.kubectl, policy, namespace, "table")
        found = Gateway("127.0.0.1", port)
        refused = {"host": SETTINGS.hosts[0], "content-type": "application/json"}
        until(lambda: found.ask("POST", "/v1/x", refused, "[]").status == 400, "bodies are read")
        yield found
    server.kubectl.must("delete", "gateways,httproutes", "--all", "-n", namespace)


def wanted_from(vector: Vector, carrier: str) -> Outcome:
    """Return what becomes of a request.

    Over HTTP, Envoy Gateway passes on the path of the client, and its Envoy rejects all bodies above the limit, also
    those that the service would not read.
    """
    if carrier != "ext-authz":
        return vector.wanted("lua")
    wanted = replace(vector.wanted("ext-authz"), path=vector.request.path)
    return replace(wanted, status=413) if len(vector.body or b"") > SETTINGS.body_limit else wanted


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.name)
def test_the_table(place: Gateway, carrier: str, vector: Vector) -> None:
    vector = with_whole_body(vector) if carrier == "ext-authz" else vector
    wanted, request = wanted_from(vector, carrier), vector.request
    if wanted.status is None and request.values("content-length"):
        request = replace(request, headers=tuple(h for h in request.headers if h[0].lower() != "content-length"))
    status, _, raw = call(place.port, request, vector.body)
    assert status == (wanted.status or 200), raw
    if status == 200 and not request.values("upgrade"):
        got, body = read(raw), vector.body or b""
        assert outcome(vector, got) == wanted
        assert (got.length, got.digest) == (len(body), hashlib.sha256(body).hexdigest())
