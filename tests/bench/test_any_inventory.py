"""Whatever is served, what is printed for it is accepted, keeps the limits, and never leaves a choice to chance."""

from __future__ import annotations

import string
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from llmd_routes.errors import PlanError
from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.namespaces import Scope
from llmd_routes.kube.objects import items, labels
from llmd_routes.output.render import render
from llmd_routes.output.validate import validate
from llmd_routes.output.write import as_text
from llmd_routes.planning.make import make_plan
from tests.generator.objects import Obj, container, deployment, epp, gateway, pool, service, vllm
from tests.generator.options import to_options

from .bench import Bench
from .cases import LONG, ensure_namespaces
from .client import Client

NAMESPACES = ("any-a", "any-b", "any-c")
PRINTABLE = "".join(chr(code) for code in range(33, 127))


def names(longest: int) -> st.SearchStrategy[str]:
    """Names that a Deployment may have: lower case, digits, dots and dashes."""
    ends = st.sampled_from(string.ascii_lowercase + string.digits)
    middle = st.text(string.ascii_lowercase + string.digits + "-", max_size=longest - 2)
    label = st.builds(lambda a, m, b: f"{a}{m}{b}", ends, middle, ends)
    return st.lists(label, min_size=1, max_size=2).map(lambda parts: ".".join(parts)[:longest].strip(".-"))


MODELS = st.one_of(
    st.from_regex(r"[A-Za-z0-9]{1,20}/[A-Za-z0-9._-]{1,60}", fullmatch=True),
    st.text(PRINTABLE, min_size=1, max_size=250).filter(lambda text: not text.startswith("-") and "$" not in text),
).filter(lambda name: "{{" not in name and "`" not in name)


@dataclass(frozen=True)
class Served:
    """One service of an inventory: how its pool comes about is one of reuse, wait, deploy."""

    name: str
    namespace: str
    engine: str
    models: tuple[str, ...]
    pool: str
    owner: bool


SERVED = st.builds(
    Served,
    names(250),
    st.sampled_from(NAMESPACES),
    st.sampled_from(["vllm", "sglang"]),
    st.one_of(
        st.lists(MODELS, min_size=1, max_size=12, unique=True).map(tuple),
        st.integers(13, 300).map(lambda count: tuple(f"org/adapter-{number}" for number in range(count))),
    ),
    st.sampled_from(["reuse", "wait", "deploy"]),
    st.booleans(),
)
INVENTORY = st.lists(SERVED, min_size=1, max_size=8, unique_by=lambda one: (one.namespace, one.name.split(".")[0][:40]))


def written(number: int, one: Served) -> list[Obj]:
    """Return the objects of a service: its Deployment, and what its pool comes from."""
    marks = {"number": str(number), "shared": "yes"} | ({"llm-d.ai/owned-by": f"owner-{number}"} if one.owner else {})
    program = vllm("--model", "base", "--served-model-name", *one.models)
    if one.engine == "sglang":
        words = ["--model-path", "base", "--served-model-name", one.models[0]]
        program = container("s", "lmsysorg/sglang:v1", ["python3", "-m", "sglang.launch_server"], words)
    made = [deployment(one.name, marks, program, namespace=one.namespace)]
    port = 8000 if one.engine == "vllm" else 30000
    if one.pool == "reuse":
        made.append(pool(f"pool-{number}", {"number": str(number)}, port, namespace=one.namespace))
    if one.pool == "wait":
        picker = f"guide-{number}-epp"
        marks["llm-d.ai/guide"] = f"guide-{number}"
        words = ["--pool-name", f"guide-{number}", "--pool-namespace", one.namespace]
        made.append(epp(picker, *words, labels={"epp": picker}, namespace=one.namespace))
        made.append(service(picker, {"epp": picker}, namespace=one.namespace))
    return made


def planned(objects: Sequence[Obj]) -> list[Any]:
    options = to_options(gateways=("any-a/gw",), instance="any", epp="deploy")
    plan = make_plan(build_inventory(objects, Scope(assume=True)), options)
    return render(plan)


def crd(version: str) -> Obj:
    annotations = {"gateway.networking.k8s.io/bundle-version": version}
    metadata = {"name": "httproutes.gateway.networking.k8s.io", "annotations": annotations}
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": metadata}


@pytest.fixture(scope="module")
def ready(bench: Bench) -> Bench:
    ensure_namespaces(bench, [{"metadata": {"namespace": name}} for name in NAMESPACES])
    return bench


@settings(
    max_examples=400 if LONG else 15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(inventory=INVENTORY, order=st.randoms(use_true_random=False))
def test_what_is_printed_is_accepted_and_decides_everything(ready: Bench, inventory: list[Served], order: Any) -> None:
    objects = [obj for number, one in enumerate(inventory) for obj in written(number, one)]
    objects += [gateway(namespace="any-a"), crd("v1.1.0" if ready.generation == "oldest" else "v1.5.1")]
    try:
        manifests = planned(objects)
    except PlanError as error:
        # Equal models on equal engines are refused, and nothing else of these inventories may be.
        assert all("both serve" in line for line in error.lines), error.lines
        assume(False)
        return
    printed = [manifest.obj for manifest in manifests]
    assert validate(printed) == []
    with Client(ready) as client:
        refused = [refusal for obj in printed if (refusal := client.refusal(obj))]
    assert refused == []
    apart(objects, printed)
    no_ties(printed)
    order.shuffle(objects)
    assert as_text(planned(objects), "yaml") == as_text(manifests, "yaml")


def apart(objects: Sequence[Obj], printed: Sequence[Any]) -> None:
    """No two pools, printed or reused, take the same pod."""
    pools = [obj for obj in (*objects, *printed) if obj["kind"] == "InferencePool"]
    pods = [obj for obj in objects if obj["kind"] == "Deployment"]
    for pod in pods:
        own = labels(pod, "spec", "template", "metadata", "labels")
        taking = [p["metadata"]["name"] for p in pools if takes(p, own, pod["metadata"]["namespace"])]
        assert len(taking) <= 1, taking


def takes(found: Any, own: dict[str, str], namespace: str) -> bool:
    selector = labels(found, "spec", "selector", "matchLabels")
    return found["metadata"]["namespace"] == namespace and selector.items() <= own.items()


def no_ties(printed: Sequence[Any]) -> None:
    """Two matches of different rules that one request can meet differ in rank, but for the guard of a route."""
    rules = [
        (route["metadata"], number, rule)
        for route in printed
        if route["kind"] == "HTTPRoute"
        for number, rule in enumerate(items(route, "spec", "rules"))
    ]
    matches = [(place, number, exact(m)) for place, number, rule in rules for m in rule["matches"]]
    for (place, number, one), (other_place, other_number, other) in combinations(matches, 2):
        if (place, number) == (other_place, other_number) or len(one) != len(other) or differ(one, other):
            continue
        # The guard stands first, so it wins over the default engine in its own route; guards answer alike.
        assert number == 0 or other_number == 0
        assert "x-owned-by" in one or "x-owned-by" in other


def exact(match: Any) -> dict[str, str | None]:
    """Return the values that a match asks for, None for any; of paths that differ the longer one wins."""
    headers = {h["name"]: h["value"] if h["type"] == "Exact" else None for h in match.get("headers", [])}
    return {"path": match["path"]["value"], **headers}


def differ(one: dict[str, str | None], other: dict[str, str | None]) -> bool:
    return any(None not in (one[name], other[name]) and one[name] != other[name] for name in one.keys() & other.keys())
