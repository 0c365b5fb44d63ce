"""The table of the contract through istiod: the emitted EnvoyFilter in an Envoy that it configures."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import get_args

import pytest

from llmd_routes.gateways.istio.body_filter import plan_filter
from llmd_routes.kube.objects import Ref
from llmd_routes.model.bodies import Bodies, Processor, Protocol
from llmd_routes.model.plan import Attachment
from llmd_routes.output.render import render_printed
from llmd_routes_sidecar.request_head import Request
from tests.bench.cases import LONG
from tests.bench.waiting import until
from tests.envoy.client import call, connected, head_of
from tests.envoy.upstream import outcome, read
from tests.sidecar.vectors import SETTINGS, VECTORS, Vector, with_whole_body

from .cluster import Cluster
from .echo import ECHO
from .gateway import Gateway
from .routing import addresses, programs_run, sidecars
from .scene import GATEWAY, open_scene
from .test_models import IMAGE

ROUTE = """
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: echo}
spec:
  parentRefs: [{name: inference-gateway}]
  rules: [{backendRefs: [{name: echo, port: 8080}], timeouts: {request: 0s}}]
"""


@pytest.fixture(scope="module", params=["lua", *get_args(Protocol)])
def carrier(request: pytest.FixtureRequest) -> str:
    """What reads bodies, as the table calls it."""
    return str(request.param)


@pytest.fixture(scope="module")
def gateway(cluster: Cluster, carrier: str) -> Iterator[Gateway]:
    """A Gateway with the filter of the table's settings, which passes everything on to a server that echoes."""
    namespace = f"vectors-{carrier}"
    with open_scene(cluster, "two-engines", namespace, without="qwen2-5") as scene:
        asked = None
        if carrier in get_args(Protocol):
            asked = Processor(Ref(namespace, "Deployment", carrier), IMAGE, 1 << 28, protocol=carrier)  # type: ignore[arg-type]
        place = Ref(namespace, "EnvoyFilter", "table")
        attached = Attachment(Ref(namespace, "Gateway", GATEWAY), "istio")
        printed = plan_filter(place, attached, Bodies(SETTINGS, processor=asked))
        made = [render_printed(one, "table") for one in printed]
        text = "---\n".join([*(each.text for each in made), ECHO, ROUTE])
        scene.cluster.bench.kubectl.must("apply", "-n", namespace, "-f", "-", stdin=text)
        found = scene.gateway()
        until(lambda: len(programs_run(found)) == (2 if carrier == "ext-authz" else 1), "Envoy has the filter")
        until(lambda: sidecars(programs_run(found)) <= set(addresses(found)), "Envoy knows the sidecar")
        until(lambda: all(map(addresses(found).get, sidecars(programs_run(found)))), "the sidecar is ready")
        until(lambda: found.ask("GET", "/").status == 200, "the server answers")
        yield found


# `tests/envoy` runs all of them in the same Envoy.
CHOSEN = [vector for vector in VECTORS if LONG or not vector.name.startswith("a form ")]


@pytest.mark.parametrize("vector", CHOSEN, ids=lambda vector: vector.name)
def test_the_table(gateway: Gateway, carrier: str, vector: Vector) -> None:
    vector = with_whole_body(vector) if carrier == "ext-authz" else vector
    wanted, request = vector.wanted(carrier), vector.request
    if wanted.status is None and request.values("content-length"):
        request = replace(request, headers=tuple(h for h in request.headers if h[0].lower() != "content-length"))
    status, _, raw = call(gateway.port, request, vector.body, gateway.address)
    assert status == (wanted.status or 200)
    # Envoy leaves out the body of an upgrade that was answered otherwise.
    if status == 200 and not request.values("upgrade"):
        got, body = read(raw), vector.body or b""
        assert outcome(vector, got) == wanted
        assert (got.length, got.digest) == (len(body), hashlib.sha256(body).hexdigest())


@pytest.mark.parametrize("path", ["/upload", "/v1x/chat"])
def test_other_paths_are_not_held_back(gateway: Gateway, path: str) -> None:
    """Twenty megabytes pass to a path that is not ours, and no limit stops them."""
    request = Request("POST", "llm.example.com", path, (("content-type", "application/json"),))
    status, _, raw = call(gateway.port, request, b" " * 20_000_000, gateway.address)
    assert (status, read(raw).length) == (200, 20_000_000)


def test_a_client_that_goes_away(gateway: Gateway) -> None:
    request = Request("POST", "llm.example.com", "/v1/x", (("content-type", "application/json"),))
    with connected(gateway.port, gateway.address) as one:
        one.sendall(head_of(request, b" " * 1000))
    body = json.dumps({"model": "m"}).encode()
    assert call(gateway.port, request, body, gateway.address)[0] == 200
