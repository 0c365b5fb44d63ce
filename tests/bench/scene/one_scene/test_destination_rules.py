"""Which DestinationRule istio applies to an endpoint picker: what is predicted, beside what Envoy gets from istiod."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from llmd_routes.gateways.istio.rule_lookup import applied_rule, mode_of, tls_of
from llmd_routes.kube.objects import Ref
from llmd_routes.model.gateways import Policy
from tests.bench.cases import ensure_namespaces, stream_of
from tests.bench.scene.gateway import MODEL
from tests.bench.scene.istiod import NAMESPACE as ROOT
from tests.bench.scene.routing import with_tls
from tests.bench.scene.scene import Scene
from tests.bench.waiting import until

Obj = dict[str, Any]
VLLM = {"x-gateway-model-name": MODEL, "x-owned-by": "vllm"}
OURS, OTHER = "gateway's", "picker's"


@pytest.fixture(scope="module")
def probes(scene: Scene) -> list[str]:
    """A host for each case: a Service in another namespace than the Gateway's, as that of an endpoint picker.

    Each case has its own, because istiod once kept what a rule of the case before had set.
    """
    namespace = f"{scene.namespace}-other"
    ensure_namespaces(scene.cluster.bench, [{"metadata": {"namespace": namespace}}])
    ports = [{"name": "grpc-ext-proc", "port": 9002}]
    names = [f"epp-{number}" for number in range(len(CASES))]
    service = {"apiVersion": "v1", "kind": "Service", "spec": {"selector": {"app": "none"}, "ports": ports}}
    services = [{**service, "metadata": {"name": name, "namespace": namespace}} for name in names]
    scene.apply(stream_of(services))
    return [f"{name}.{namespace}.svc.cluster.local" for name in names]


def rule(name: str, namespace: str, host: str, mode: str, *exported: str) -> Obj:
    tls = {"mode": mode} | ({"insecureSkipVerify": True} if mode == "SIMPLE" else {})
    spec: Obj = {"host": host, "trafficPolicy": {"tls": tls}} | ({"exportTo": list(exported)} if exported else {})
    metadata = {"name": f"probe-{name}", "namespace": namespace}
    return {"apiVersion": "networking.istio.io/v1", "kind": "DestinationRule", "metadata": metadata, "spec": spec}


@contextmanager
def applied(scene: Scene, *rules: Obj) -> Iterator[None]:
    """Have rules in the cluster until the block ends."""
    kubectl = scene.cluster.bench.kubectl
    with ExitStack() as stack:
        for each in rules:
            scene.apply(json.dumps(each))
            metadata = each["metadata"]
            stack.callback(
                kubectl.must, "delete", "destinationrule", metadata["name"], "-n", metadata["namespace"], "--wait=false"
            )
        yield


# Rules by name: namespace, host, mode, exportTo; the host is left out where it is that of the probe.
CASES: list[list[tuple[str, str, str, tuple[str, ...]]]] = [
    [(OTHER, "", "SIMPLE", ())],
    [(OTHER, "epp", "SIMPLE", ())],
    [(OTHER, "epp.OTHER", "SIMPLE", ())],
    [(OTHER, "", "SIMPLE", (".",))],
    [(OTHER, "", "SIMPLE", (".",)), (ROOT, "*.local", "SIMPLE", ())],
    [(OTHER, "*.local", "DISABLE", ()), (OTHER, "", "SIMPLE", ())],
    [(ROOT, "*.local", "DISABLE", ()), (OTHER, "", "SIMPLE", ())],
    [(OURS, "*.local", "DISABLE", ()), (OTHER, "", "SIMPLE", ())],
    [(OURS, "*.local", "SIMPLE", ()), (OTHER, "", "DISABLE", ())],
    [(OURS, "*.local", "DISABLE", ()), (OURS, "", "SIMPLE", ())],
]


@pytest.mark.parametrize("number", range(len(CASES)))
def test_what_is_predicted_is_what_envoy_does(number: int, scene: Scene, probes: list[str]) -> None:
    probe = probes[number]
    name, other = probe.split(".")[:2]
    places = {OURS: scene.namespace, OTHER: other, ROOT: ROOT}
    rules = [
        rule(
            f"{number}-{at}", places[place], host.replace("epp", name).replace("OTHER", other) or probe, mode, *exported
        )
        for at, (place, host, mode, exported) in enumerate(CASES[number])
    ]
    policies = [
        Policy(Ref(r["metadata"]["namespace"], "DestinationRule", ""), (r["spec"]["host"],), None, r["spec"])
        for r in rules
    ]
    found = applied_rule(probe, other, scene.namespace, policies)
    speaks_tls = found is not None and mode_of(tls_of(found, 9002)) == "SIMPLE"
    # Something that changes either way, so that the answer is that of these rules.
    marker = rule(f"{number}-marker", scene.namespace, "gaie-vllm-qwen2-5-0-5b-epp", "SIMPLE")
    marked = f"gaie-vllm-qwen2-5-0-5b-epp.{scene.namespace}"
    until(lambda: not _has_tls(scene, marked), "Envoy has forgotten the rules before")
    with applied(scene, *rules, marker):
        until(lambda: _has_tls(scene, marked), "Envoy has the rules")
        until(lambda: _has_tls(scene, probe) is speaks_tls, f"Envoy {'speaks' if speaks_tls else 'does not speak'} TLS")


def _has_tls(scene: Scene, host: str) -> bool:
    name, namespace = host.split(".")[:2]
    return f"{namespace}/{name}" in with_tls(scene.gateway())


@pytest.mark.parametrize("place", [OURS, ROOT])
def test_a_wildcard_for_the_whole_mesh_does_not_reach_the_pickers(place: str, scene: Scene) -> None:
    namespace = scene.namespace if place == OURS else ROOT
    with applied(scene, rule("mesh", namespace, "*.local", "DISABLE")):
        made = scene.generated()
        assert "DestinationRule, " in made.stderr or "2 DestinationRules" in made.stderr
        scene.apply(made.stdout)
        # Only when Envoy speaks TLS to all pickers.
        scene.settle()
        assert scene.gateway().chat(VLLM).status == 200
    scene.clear()


def test_a_rule_that_contradicts_its_picker_is_reported(scene: Scene) -> None:
    host = f"gaie-vllm-qwen2-5-0-5b-epp.{scene.namespace}.svc.cluster.local"
    with applied(scene, rule("plain", scene.namespace, host, "DISABLE")):
        done = scene.generated()
    assert "[picker-tls]\n" in done.stderr
    assert f"sets TLS mode DISABLE for {host}" in done.stderr
