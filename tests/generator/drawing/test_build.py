"""A diagram shows every path from a Gateway to pods once, and each finding at its object."""

from __future__ import annotations

import pytest

from llmd_routes.model.graph import Graph, Node
from tests.generator.diagnosing.test_diagnose import TRUE, healthy, of_kind
from tests.generator.explaining.asking import match, route, rule
from tests.generator.objects import gateway

from .pictures import pictured


def named(graph: Graph, about: str) -> Node:
    (node,) = (node for node in graph.nodes if node.about == about)
    return node


def ways(graph: Graph) -> set[tuple[str, str]]:
    nodes = {node.key: node.about for node in graph.nodes}
    return {(nodes[edge.source], nodes[edge.target]) for edge in graph.edges}


@pytest.mark.parametrize("implementation", ["istio", "agentgateway", "envoy-gateway", "envoy"])
def test_every_way_from_the_gateway_to_the_pods(implementation: str) -> None:
    graph, _ = pictured(healthy(implementation))
    assert ways(graph) >= {
        ("InferencePool ns/vllm", "Service ns/vllm-epp"),
        ("Service ns/vllm-epp", "pods of InferencePool ns/vllm"),
        ("InferencePool ns/sglang", "Service ns/sglang-epp"),
        ("Service ns/sglang-epp", "pods of InferencePool ns/sglang"),
    }
    (door,) = graph.column("gateway")
    rules = {node.about for node in graph.column("rule")}
    assert {target for source, target in ways(graph) if source == door.about} == rules
    assert {node.state for node in graph.nodes} == {"ok"}
    assert len({node.key for node in graph.nodes}) == len(graph.nodes)


def test_a_rule_names_its_models_and_engines() -> None:
    graph, _ = pictured(healthy())
    lines = {line for node in graph.column("rule") for line in node.details}
    assert {"m1, vllm", "m1, sglang", "m1, no engine"} <= lines
    assert named(graph, "InferencePool ns/vllm").lines == ("vllm", "m1, m3")


def test_findings_are_at_what_they_are_about() -> None:
    objects = healthy()
    of_kind(objects, "Gateway")["status"]["conditions"] = [{"type": "Programmed", "status": "False"}]
    of_kind(objects, "Pod", "pod-0")["status"]["conditions"] = []
    of_kind(objects, "Pod", "pod-3")["status"]["conditions"] = []
    graph, diagnosis = pictured(objects)
    assert {node.about: node.state for node in graph.nodes if node.state != "ok"} == {
        "Gateway ns/gw": "error",
        "pods of InferencePool ns/vllm": "error",
        "Service ns/sglang-epp": "error",
    }
    assert graph.others == ()
    assert sum(len(node.findings) for node in graph.nodes) == len(diagnosis.findings)


def test_a_missing_pool_is_a_box_with_the_reason() -> None:
    objects = healthy()
    objects.remove(of_kind(objects, "InferencePool", "vllm"))
    graph, _ = pictured(objects)
    pool = named(graph, "InferencePool ns/vllm")
    assert (pool.state, pool.lines) == ("error", ("does not exist",))
    broken = [node.about for node in graph.column("rule") if node.state == "error"]
    assert broken
    assert len(broken) < len(graph.column("rule"))


def test_what_was_not_read_is_unknown() -> None:
    graph, _ = pictured([gateway(), route("r", rule(match(), to="absent"))], is_live=False)
    assert named(graph, "InferencePool ns/absent").state == "unknown"
    assert graph.column("pods") == ()


def test_a_gateway_without_routes_stands_alone() -> None:
    graph, _ = pictured([gateway() | {"status": {"conditions": TRUE}}])
    (node,) = graph.nodes
    assert (node.state, node.findings[0].cause) == ("error", "no-route")


def test_several_backends_show_their_weights() -> None:
    group = {"group": "inference.networking.k8s.io", "kind": "InferencePool"}
    split = {"matches": [match()], "backendRefs": [{**group, "name": n, "weight": w} for n, w in (("a", 9), ("b", 1))]}
    graph, _ = pictured([gateway(), route("r", split)], is_live=False)
    assert sorted(edge.label for edge in graph.edges if edge.label) == ["weight 1", "weight 9"]


def test_namespaces_are_named_if_there_are_several() -> None:
    far = {"group": "inference.networking.k8s.io", "kind": "InferencePool", "name": "p", "namespace": "far"}
    graph, _ = pictured([gateway(), route("r", {"matches": [match()], "backendRefs": [far]})], is_live=False)
    assert [node.title for node in graph.nodes] == ["ns/gw", "rule 1 of ns/r", "far/p"]
