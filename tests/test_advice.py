"""No advice deletes or overwrites what others manage, whatever is there: words of reports, errors and notices."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmd_routes.errors import PlanError
from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.namespaces import Scope
from llmd_routes.planning.make import make_plan
from tests.generator.objects import Obj, container, deployment, epp, gateway, pool, service, vllm
from tests.generator.options import to_options

from .golden import DATA, arguments, folders, run

FAULTS = DATA.parents[2] / "shared" / "faults"
HARM = re.compile(r"kubectl (delete|patch|replace|edit|apply|annotate|label)|\bdelete\b", re.IGNORECASE)
FILES = sorted(FAULTS.glob("*.yaml"))


@pytest.mark.parametrize("folder", folders(), ids=lambda folder: folder.name)
def test_advice_for_the_examples(folder: Path) -> None:
    for command in ("discover", "generate"):
        words = arguments(folder) if command == "generate" else []
        done = run(command, "-f", str(folder / "objects.yaml"), *words)
        assert not HARM.search(done.stderr)
        assert command == "generate" or not HARM.search(done.stdout)


@pytest.mark.skipif(not FILES, reason="needs the shared faults")
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_advice_for_the_faults(file: Path) -> None:
    for words in (["discover"], ["generate"], ["generate", "--epp", "deploy"]):
        done = run(*words, "-f", str(file))
        assert done.code in (0, 1, 2), done.stderr
        assert not HARM.search(done.stderr + ("" if words[0] == "generate" else done.stdout))


SGLANG = container("s", "lmsysorg/sglang:v1", ["python3", "-m", "sglang.launch_server"], ["--model-path", "m"])
SCENE = [
    gateway(),
    deployment("a", {"app": "a"}, vllm("m")),
    deployment("b", {"app": "b"}, SGLANG),
    pool("a", {"app": "a"}, 8000),
    epp("b-epp", "--pool-name", "b", labels={"epp": "b"}),
    service("b-epp", {"epp": "b"}),
]
GROUP = "inference.networking.k8s.io"
BACKENDS = st.lists(
    st.sampled_from([("", "Service", "shop"), (GROUP, "InferencePool", "a"), (GROUP, "InferencePool", "gone")]),
    max_size=2,
)
MATCHES = st.lists(
    st.tuples(
        st.sampled_from(["/", "/v1", "/v1/models", "/v1/chat/completions", "/shop"]),
        st.sampled_from([None, ("x-gateway-model-name", "m"), ("x-owned-by", "vllm"), ("x-team", "a")]),
    ),
    max_size=2,
)
OWNERS: list[Obj] = [
    {},
    {"annotations": {"meta.helm.sh/release-name": "r"}},
    {"ownerReferences": [{"kind": "LLMInferenceService", "name": "s", "controller": True}]},
    {"labels": {"llmd-routes/instance": "other"}},
]


@settings(max_examples=150)
@given(
    st.lists(st.tuples(MATCHES, BACKENDS), max_size=2),
    st.sampled_from([[], ["a.example.com"], ["*.example.com"]]),
    st.sampled_from(OWNERS),
    st.sampled_from([(), ("a.example.com",)]),
)
def test_advice_about_any_route(
    rules: list[tuple[Any, Any]], hostnames: list[str], owner: Obj, ours: tuple[str, ...]
) -> None:
    made = [
        {
            "name": "r",
            "matches": [
                {"path": {"value": path}} | ({"headers": [{"name": h[0], "value": h[1]}]} if h else {})
                for path, h in matches
            ],
            "backendRefs": [{"group": group, "kind": kind, "name": name} for group, kind, name in backends],
        }
        for matches, backends in rules
    ]
    route = {
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": {"name": "theirs", "namespace": "ns", **copy.deepcopy(owner)},
        "spec": {"parentRefs": [{"name": "gw"}], "hostnames": hostnames, "rules": made},
    }
    objects = [*json.loads(json.dumps(SCENE)), route]
    inventory = build_inventory(objects, Scope(assume=True))
    said = [f"{notice.message}; {notice.remedy}" for notice in inventory.notices]
    try:
        plan = make_plan(inventory, to_options(hostnames=ours))
        said += [f"{notice.message}; {notice.remedy}" for notice in plan.notices]
    except PlanError as error:
        said += error.lines
    assert [line for line in said if HARM.search(line)] == []
