"""The InferencePool behind each ModelService: reused, made for an EPP that waits, or refused."""

from __future__ import annotations

import pytest

from llmd_routes.inventory.build import build_inventory
from llmd_routes.inventory.epp_match import stem
from llmd_routes.kube.namespaces import Scope
from llmd_routes.model.choices import PoolApi
from llmd_routes.planning.pairs import keyed
from llmd_routes.planning.pools import backends
from tests.generator.objects import Obj, container, deployment, epp, pool, pool_v1alpha2, service, sidecar, vllm
from tests.generator.options import to_options
from tests.generator.planning.collected import collected

OURS = {"llmd-routes/instance": "ns.gw"}


def sglang(name: str, **labels: str) -> Obj:
    program = container("s", "lmsysorg/sglang:v1", ["python3", "-m", "sglang.launch_server"], ["--model-path", "m"])
    return deployment(name, labels, program)


def picker(name: str, *args: str, pool: str | None = None, namespace: str = "ns") -> list[Obj]:
    """Return an EPP and its Service; it watches `pool`, or the pool of its own name without -epp."""
    watched = ["--pool-name", pool or name.removesuffix("-epp"), "--pool-namespace", namespace, *args]
    place = "ns" if "$" in namespace else namespace
    return [epp(name, *watched, labels={"epp": name}, namespace=place), service(name, {"epp": name}, 9002, place)]


def found(*objects: Obj, api: PoolApi = "auto") -> tuple[list[tuple[str, str, str, bool]], list[str]]:
    """Return (service, pool, group, whether it is made) for each routed service, and the problems."""
    inventory = build_inventory(objects, Scope(assume=True))
    (there, _), problems = collected(keyed, inventory.services)
    assert problems == []
    made, problems = collected(backends, there, inventory, "ns.gw", to_options(pool_api=api))
    rows = [(b.keyed.service.name or "", b.target.name, b.group.split(".")[2], b.planned is not None) for b in made]
    return rows, problems


A = deployment("ms-a-decode", {"app": "a"}, vllm("m"))
B = sglang("ms-b-decode", app="b")

FOUND = [
    ([A, pool("p", {"app": "a"}, 8000)], [("ms-a", "p", "k8s", False)]),
    ([A, pool_v1alpha2("p", {"app": "a"}, 8000)], [("ms-a", "p", "x-k8s", False)]),
    ([A, *picker("gaie-a-epp")], [("ms-a", "gaie-a", "k8s", True)]),
    ([A, *picker("gaie-a-epp", "--pool-group", "inference.networking.x-k8s.io")], [("ms-a", "gaie-a", "x-k8s", True)]),
    (
        [A, B, *picker("gaie-b-epp"), *picker("gaie-a-epp")],
        [("ms-a", "gaie-a", "k8s", True), ("ms-b", "gaie-b", "k8s", True)],
    ),
    # The last of each in a namespace belong together, whatever they are called.
    (
        [A, B, *picker("gaie-b-epp"), *picker("other")],
        [("ms-a", "other", "k8s", True), ("ms-b", "gaie-b", "k8s", True)],
    ),
    ([A, *picker("x", pool="p"), pool("p", {"app": "a"}, 8000, **OURS)], [("ms-a", "p", "k8s", True)]),
    ([A, pool("p", {"app": "a"}, 8000, epp="e"), *picker("e", pool="p")], [("ms-a", "p", "k8s", False)]),
    ([A, *picker("gaie-a-epp", namespace="$(NAMESPACE)")], [("ms-a", "gaie-a", "k8s", True)]),
    # Ours is wrong by now: it is desired state, and made again.
    ([A, *picker("x", pool="p"), pool("p", {"app": "a"}, 8001, **OURS)], [("ms-a", "p", "k8s", True)]),
    (
        [A, deployment("ms-x", {"app": "x", "llm-d.ai/guide": "g"}, vllm("n")), *picker("y", pool="g"), *picker("a")],
        [("ms-a", "a", "k8s", True), ("ms-x", "g", "k8s", True)],
    ),
]


@pytest.mark.parametrize(("objects", "expected"), FOUND)
def test_found(objects: list[Obj], expected: list[tuple[str, str, str, bool]]) -> None:
    assert found(*objects) == (expected, [])
    assert found(*objects[::-1]) == (expected, [])


def test_what_is_made_is_what_the_epp_waits_for() -> None:
    inventory = build_inventory([A, *picker("gaie-a-epp")])
    (there, _), _ = collected(keyed, inventory.services)
    ((backend,), _) = collected(backends, there, inventory, "ns.gw", to_options())
    made = backend.planned
    assert made is not None
    assert (made.ref.namespace, made.ref.name, made.selector, made.ports) == ("ns", "gaie-a", {"app": "a"}, (8000,))
    assert (made.epp, made.epp_port, made.failure_mode) == ("gaie-a-epp", 9002, "FailOpen")


ALPHA = ("--pool-group", "inference.networking.x-k8s.io")
RANKS = deployment(
    "ms-a",
    {"app": "a"},
    vllm("m", "--port", "8200"),
    init=[sidecar("--port=8000", "--data-parallel-size=2", "--secure-proxy=false")],
)
SECURE = deployment("ms-a", {"app": "a"}, vllm("m", "--port", "8200"), init=[sidecar("--secure-proxy=true")])
REFUSED = [
    (
        [A],
        "auto",
        "ModelService ns/ms-a: no InferencePool selects its pods, and no endpoint picker (EPP) waits for one;",
    ),
    ([A, *picker("a", namespace="other")], "auto", "ModelService ns/ms-a: no InferencePool selects its pods"),
    ([A, pool("p", {"app": "a"}, 8001)], "auto", "ModelService ns/ms-a: InferencePool ns/p targets 8001 but its pods"),
    (
        [A, pool("p", {"app": "a"}, 8000, epp="e"), *picker("e", pool="q")],
        "auto",
        "InferencePool ns/p: its endpoint picker e watches ns/q of inference.networking.k8s.io; set --pool-name",
    ),
    ([A, picker("gaie-a-epp")[0]], "auto", "Deployment ns/gaie-a-epp: no Service in the input selects its pods"),
    (
        [A, *picker("gaie-a-epp")],
        "v1alpha2",
        "Deployment ns/gaie-a-epp: watches pools of inference.networking.k8s.io/v1;",
    ),
    ([A, *picker("gaie-a-epp", *ALPHA)], "v1", "Deployment ns/gaie-a-epp: watches pools of inference.networking.x-k8s"),
    ([A, *picker("e", "--pool-group", "example.com")], "auto", "Deployment ns/e: watches pools of the unknown group"),
    ([RANKS, *picker("e", *ALPHA)], "auto", "ModelService ns/ms-a: serves on 2 ports, and an InferencePool of"),
    (
        [SECURE, *picker("e")],
        "auto",
        "ModelService ns/ms-a: its pods serve TLS, and an InferencePool cannot specify a backend protocol;",
    ),
    (
        [deployment("ms-a", {"app": "a"}, vllm("m", "--port", "$(PORT)")), *picker("e")],
        "auto",
        "ModelService ns/ms-a: option --port = $(PORT) has no known value, so its ports are unknown; write the port",
    ),
    ([A, *picker("e", pool="p.q")], "auto", "Deployment ns/e: watches pool p.q, which is not a DNS label; rename it"),
    (
        [A, *picker("x"), *picker("y")],
        "auto",
        "ModelService ns/ms-a: its endpoint picker is ambiguous (x, y, for ModelService ns/ms-a);",
    ),
]


@pytest.mark.parametrize(("objects", "api", "problem"), REFUSED, ids=[row[2][:70] for row in REFUSED])
def test_refused(objects: list[Obj], api: PoolApi, problem: str) -> None:
    made, (line,) = found(*objects, api=api)
    assert made == []
    assert line.startswith(problem)


def test_services_that_labels_do_not_separate() -> None:
    same = {"llm-d.ai/inferenceServing": "true"}
    twins = [deployment("a", same, vllm("m")), sglang("b", **same)]
    made, problems = found(*twins, *picker("gaie-a-epp"), *picker("gaie-b-epp"))
    assert made == []
    assert [line.split(":")[0] for line in problems] == ["ModelService ns/a", "ModelService ns/b"]
    assert all("`llmd-routes label`" in line for line in problems)


def test_a_crd_that_is_not_there() -> None:
    crd = {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": "inferencepools.inference.networking.x-k8s.io"},
    }
    _, problems = found(A, *picker("gaie-a-epp"), crd)
    assert problems == [
        "Deployment ns/gaie-a-epp: watches pools of inference.networking.k8s.io, whose CRD is not installed;"
        " set its --pool-group to inference.networking.x-k8s.io, or install that CRD"
    ]


STEMS = [
    ("gaie-a", "a"),
    ("ms-a", "a"),
    ("gaie-a-epp", "a"),
    ("ms-a-llm-d-modelservice", "a"),
    ("wide-ep-lws-epp", "wide-ep-lws"),
    ("-epp", "-epp"),
    ("a", "a"),
]


@pytest.mark.parametrize(("name", "expected"), STEMS)
def test_stems(name: str, expected: str) -> None:
    assert stem(name) == expected
