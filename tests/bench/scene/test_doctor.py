"""`doctor` names the cause of failing requests in a cluster first, and is silent once its fix was applied."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.bench.cases import llmd_routes
from tests.bench.waiting import until

from .cluster import Cluster
from .doctor import diagnosis, first
from .gateway import MODEL
from .scene import GATEWAY, Scene, open_scene

Obj = dict[str, Any]
HOME = "doctor"
PICKER = "gaie-sglang-qwen2-5-0-5b-epp"
VLLM = "ms-vllm-qwen2-5-0-5b-llm-d-modelservice-decode"
ENGINE = "ms-sglang-qwen2-5-0-5b-llm-d-modelservice-decode"


@pytest.fixture(scope="module")
def scene(cluster: Cluster) -> Iterator[Scene]:
    """The guide's cluster, as it is found."""
    with open_scene(cluster, "two-engines", HOME) as opened:
        yield opened


def probed(scene: Scene) -> tuple[int, dict[str, Any]]:
    """Return what doctor says with requests through the Gateway."""
    return diagnosis(scene, "--probe", "--probe-url", f"http://{scene.gateway().address}:80")


def status(scene: Scene, engine: str) -> int:
    return scene.gateway().chat({}, owned_by=engine).status


def engine(scene: Scene, wanted: str) -> str | None:
    return scene.gateway().chat({}, owned_by=wanted).engine


def test_before_any_route_there_is_none(scene: Scene) -> None:
    assert status(scene, "sglang") == 404
    code, said = diagnosis(scene)
    assert code == 1
    assert first(scene) == ("error", "no-route", f"Gateway {HOME}/{GATEWAY}")
    assert said["findings"][0]["fix"] == "run llmd-routes generate"
    scene.apply(scene.generate())
    scene.settle()
    until(lambda: diagnosis(scene)[0] == 0, lambda: f"nothing is found: {diagnosis(scene)[1]['findings']}")
    _, healthy = diagnosis(scene)
    assert [(path["pods"], path["ready"]) for path in healthy["paths"]] == [(1, 1), (1, 1)]
    assert status(scene, "sglang") == 200


def test_a_namespace_that_was_not_read_is_named(scene: Scene) -> None:
    words = ("doctor", "-n", "default", "--gateway", f"{HOME}/{GATEWAY}")
    done = llmd_routes(*words, bench=scene.cluster.bench)
    assert {line.partition(":")[0] for line in done.stdout.splitlines()} == {"not read"}
    assert done.stderr == f"namespaces that were not read: {HOME}; pass -n for each, or -A\n"


@pytest.mark.parametrize(
    ("name", "wanted", "answered"),
    [
        (PICKER, ("warning", "picker-unavailable", f"Service {HOME}/{PICKER}"), 200),
        (ENGINE, ("error", "pods", f"InferencePool {HOME}/gaie-sglang-qwen2-5-0-5b"), 503),
    ],
)
def test_a_component_without_pods_is_named(
    scene: Scene, name: str, wanted: tuple[str, str, str], answered: int
) -> None:
    scene.kubectl("scale", "deployment", name, "--replicas=0")
    until(lambda: first(scene) == wanted, lambda: f"doctor names {wanted}, not {first(scene)}")
    until(lambda: status(scene, "sglang") == answered, f"requests get {answered}")
    assert status(scene, "vllm") == 200
    scene.scale(name, 1)
    scene.settle()
    until(lambda: first(scene) is None, lambda: f"nothing is found, not {first(scene)}")
    assert status(scene, "sglang") == 200


def test_a_deleted_pool_is_named(scene: Scene) -> None:
    pool = "gaie-sglang-qwen2-5-0-5b"
    saved = scene.kubectl("get", "inferencepools.inference.networking.k8s.io", pool, "-o", "json")
    scene.kubectl("delete", "inferencepools.inference.networking.k8s.io", pool)
    until(lambda: first(scene) is not None, "doctor finds something")
    findings = diagnosis(scene)[1]["findings"]
    assert any(pool in finding["fact"] and finding["cause"] == "backend" for finding in findings), findings
    obj = json.loads(saved)
    for field in ("resourceVersion", "uid", "creationTimestamp", "generation", "managedFields"):
        obj["metadata"].pop(field, None)
    obj.pop("status", None)
    scene.apply(json.dumps(obj))
    scene.settle()
    until(lambda: first(scene) is None, lambda: f"nothing is found, not {first(scene)}")


def test_probes_are_answered_by_each_engine(scene: Scene) -> None:
    code, said = probed(scene)
    assert (code, said["findings"]) == (0, [])
    statuses = [(each["engine"], each["status"], each["predicted"]) for each in said["probes"]]
    assert statuses == [("sglang", 200, None), ("vllm", 200, None), (None, 200, None)]


def test_what_stands_in_front_of_the_gateway_is_not_the_gateway(scene: Scene) -> None:
    _, said = diagnosis(scene, "--probe", "--probe-url", "http://127.0.0.1:1")
    assert [finding["object"] for finding in said["findings"]] == ["http://127.0.0.1:1"]


def test_a_route_that_takes_requests_is_named_with_its_rule(scene: Scene) -> None:
    """The fix is what the finding says: narrow the matches of the other route."""
    pool = {"group": "inference.networking.k8s.io", "kind": "InferencePool", "name": "gaie-vllm-qwen2-5-0-5b"}
    rule = {"matches": [{"path": {"value": "/v1/chat"}}], "backendRefs": [pool]}
    spec = {"parentRefs": [{"name": GATEWAY}], "rules": [rule]}
    other = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute", "spec": spec}
    other["metadata"] = {"name": "other", "namespace": HOME}
    scene.apply(json.dumps(other))
    until(lambda: first(scene) is not None, "doctor finds something")
    finding = diagnosis(scene)[1]["findings"][0]
    assert (finding["cause"], finding["object"]) == ("unreachable-rule", f"HTTPRoute {HOME}/{HOME}.{GATEWAY}")
    assert "because of a longer path" in finding["fact"]
    assert finding["fix"].endswith(f"narrow spec.rules[0].matches of HTTPRoute {HOME}/other")
    until(lambda: engine(scene, "sglang") == "vllm", "the other route takes the requests")
    narrowed = [{"op": "replace", "path": "/spec/rules/0/matches/0/path/value", "value": "/other"}]
    scene.kubectl("patch", "httproute", "other", "--type=json", "-p", json.dumps(narrowed))
    until(lambda: first(scene) is None, lambda: f"nothing is found, not {first(scene)}")
    until(lambda: engine(scene, "sglang") == "sglang", "the requests reach their engine")
    scene.kubectl("delete", "httproute", "other")


def test_a_listener_that_refuses_the_routes_is_named(scene: Scene) -> None:
    """The fix is what the finding says: set allowedRoutes of the listener."""
    place = "/spec/listeners/0/allowedRoutes"
    refusing = [{"op": "replace", "path": place, "value": {"kinds": [{"kind": "GRPCRoute"}]}}]
    scene.kubectl("patch", "gateway", GATEWAY, "--type=json", "-p", json.dumps(refusing))
    wanted = ("error", "condition", f"HTTPRoute {HOME}/{HOME}.{GATEWAY}")
    until(lambda: first(scene) == wanted, lambda: f"doctor names {wanted}, not {first(scene)}")
    finding = diagnosis(scene)[1]["findings"][0]
    assert "NotAllowedByListeners" in finding["fact"]
    assert finding["fix"].startswith("set allowedRoutes of the listener")
    until(lambda: status(scene, "sglang") == 404, "requests get 404")
    accepting = [{"op": "replace", "path": place, "value": {"namespaces": {"from": "All"}}}]
    scene.kubectl("patch", "gateway", GATEWAY, "--type=json", "-p", json.dumps(accepting))
    scene.settle()
    until(lambda: first(scene) is None, lambda: f"nothing is found, not {first(scene)}")
    assert status(scene, "sglang") == 200


def test_a_gateway_whose_class_nobody_serves_is_named(scene: Scene) -> None:
    """The fix is what the finding says: its class exists, and a controller serves it."""
    listener = {"name": "default", "port": 8081, "protocol": "HTTP"}
    spec = {"gatewayClassName": "absent", "listeners": [listener]}
    other: Obj = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway", "spec": spec}
    other["metadata"] = {"name": "other", "namespace": HOME}
    scene.apply(json.dumps(other))
    words = ("doctor", "-n", HOME, "--gateway", f"{HOME}/other", "--implementation", "istio", "-o", "json")
    findings = json.loads(llmd_routes(*words, bench=scene.cluster.bench).stdout)["findings"]
    named = [(finding["cause"], finding["object"]) for finding in findings]
    assert named[:2] == [("pending", f"Gateway {HOME}/other")] * 2
    assert findings[0]["fix"] == "check that the gateway's controller runs, and that its GatewayClass exists"
    spec["gatewayClassName"] = "istio"
    scene.apply(json.dumps(other))

    def causes() -> set[str]:
        done = llmd_routes(*words, bench=scene.cluster.bench)
        return {finding["cause"] for finding in json.loads(done.stdout)["findings"]}

    until(lambda: not causes() & {"pending", "no-status"}, lambda: f"istiod takes it: {causes()}")
    scene.kubectl("delete", "gateway", "other")


def test_gateways_in_a_row_are_named(scene: Scene) -> None:
    """The rule of the first one leads to the Service of the second one."""
    edge: Obj = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "Gateway"}
    edge["metadata"] = {"name": "edge", "namespace": HOME}
    edge["spec"] = {"gatewayClassName": "istio", "listeners": [{"name": "default", "port": 80, "protocol": "HTTP"}]}
    rule = {"backendRefs": [{"name": f"{GATEWAY}-istio", "port": 80}]}
    to_inner: Obj = {"apiVersion": "gateway.networking.k8s.io/v1", "kind": "HTTPRoute"}
    to_inner["metadata"] = {"name": "edge", "namespace": HOME}
    to_inner["spec"] = {"parentRefs": [{"name": "edge"}], "rules": [rule]}
    scene.apply(json.dumps({"apiVersion": "v1", "kind": "List", "items": [edge, to_inner]}))
    done = llmd_routes("doctor", "-n", HOME, "-o", "json", bench=scene.cluster.bench)
    chained = [each for each in json.loads(done.stdout)["findings"] if each["cause"] == "gateways-in-a-row"]
    assert [(each["severity"], each["object"]) for each in chained] == [("warning", f"HTTPRoute {HOME}/edge")]
    assert chained[0]["fact"] == f"Gateway {HOME}/edge forwards requests to Gateway {HOME}/{GATEWAY}"
    scene.kubectl("delete", "gateway,httproute", "edge")
    until(lambda: first(scene) is None, lambda: f"nothing is found, not {first(scene)}")


def hide(scene: Scene, **annotations: str) -> None:
    """Let the pod of vLLM read its port and model from annotations, which no manifest shows; without a probe."""
    values = {"port": "8000", "model": MODEL} | annotations
    env = [{"name": key, "valueFrom": {"fieldRef": {"fieldPath": f"metadata.annotations['{key}']"}}} for key in values]
    command = ["vllm", "serve", MODEL, "--port", "$(port)", "--served-model-name", "$(model)"]
    container = {"name": "vllm", "command": command, "env": env, "readinessProbe": None}
    template = {"metadata": {"annotations": values}, "spec": {"containers": [container]}}
    scene.kubectl("patch", "deployment", VLLM, "-p", json.dumps({"spec": {"template": template}}))
    scene.kubectl("rollout", "status", f"deployment/{VLLM}", "--timeout=60s")
    until(lambda: len(scene.pods(VLLM)) == 1, "only the new pod is there")


def test_a_ready_pod_that_does_not_serve_is_named(scene: Scene) -> None:
    """The fix is what the finding says: correct the port of the engine."""
    hide(scene, port="8001")
    until(lambda: status(scene, "vllm") == 503, "requests get 503")
    assert first(scene) is None, "every object looks healthy"
    finding = diagnosis(scene, "--ask-engines")[1]["findings"][0]
    wanted = ("error", "not-serving", f"InferencePool {HOME}/gaie-vllm-qwen2-5-0-5b")
    assert (finding["severity"], finding["cause"], finding["object"]) == wanted
    assert "is ready but does not serve port 8000: dial tcp" in finding["fact"]
    hide(scene)
    scene.settle()
    until(lambda: diagnosis(scene, "--ask-engines")[0] == 0, "nothing is found")
    assert status(scene, "vllm") == 200


def test_an_answer_that_no_object_explains_is_found_by_a_probe(scene: Scene) -> None:
    """The engine serves another model than it should. Its log, as in the fix, shows that."""
    hide(scene, model="other")
    until(lambda: status(scene, "vllm") == 404, "the engine does not know the model")
    assert first(scene) is None, "every object looks healthy"
    findings = probed(scene)[1]["findings"]
    wanted = ("error", "probe-differs", f"Gateway {HOME}/{GATEWAY}")
    assert (findings[0]["severity"], findings[0]["cause"], findings[0]["object"]) == wanted
    assert f"a request for model {MODEL} and engine vllm got 404" in findings[0]["fact"]
    assert findings[0]["fix"].startswith("see the log of the engine")
    hide(scene)
    scene.settle()
    until(lambda: probed(scene)[0] == 0, "nothing is found")


def test_a_way_around_the_gateway_is_named(scene: Scene) -> None:
    """The fix is what the finding says: set the type of the Service."""
    labels = scene.get("deployments", VLLM)["spec"]["selector"]["matchLabels"]
    spec: Obj = {"type": "LoadBalancer", "selector": labels, "ports": [{"port": 80, "targetPort": 8000}]}
    exposed: Obj = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "exposed", "namespace": HOME}}
    scene.apply(json.dumps(exposed | {"spec": spec}))
    wanted = ("warning", "bypass", f"Service {HOME}/exposed")
    until(lambda: first(scene) == wanted, lambda: f"doctor names {wanted}, not {first(scene)}")
    assert diagnosis(scene)[1]["findings"][0]["fix"].startswith(f"set the type ClusterIP in Service {HOME}/exposed")
    scene.kubectl("patch", "service", "exposed", "-p", json.dumps({"spec": {"type": "ClusterIP"}}))
    until(lambda: first(scene) is None, lambda: f"nothing is found, not {first(scene)}")
    scene.kubectl("delete", "service", "exposed")


def test_a_control_plane_that_stands_still_is_named_at_the_next_change(scene: Scene) -> None:
    """The fix is what the finding says: the controller runs again."""
    name = f"{HOME}.{GATEWAY}"
    hosted = [{"op": "add", "path": "/spec/hostnames", "value": ["models.example.com"]}]
    scene.cluster.istiod.kill()
    try:
        assert first(scene) is None
        scene.kubectl("patch", "httproute", name, "--type=json", "-p", json.dumps(hosted))
        finding = diagnosis(scene)[1]["findings"][0]
        assert (finding["cause"], finding["object"]) == ("stale-status", f"HTTPRoute {HOME}/{name}")
        assert finding["fix"].startswith("check that the controller of the gateway runs")
        assert status(scene, "sglang") == 200, "the proxy still does what the earlier version says"
    finally:
        scene.cluster.istiod.start()
    until(lambda: first(scene) is None, lambda: f"nothing is found, not {first(scene)}")
    until(lambda: status(scene, "sglang") == 404, "only the host has routes")
    anywhere = [{"op": "remove", "path": "/spec/hostnames"}]
    scene.kubectl("patch", "httproute", name, "--type=json", "-p", json.dumps(anywhere))
    scene.settle()
    assert (first(scene), status(scene, "sglang")) == (None, 200)
