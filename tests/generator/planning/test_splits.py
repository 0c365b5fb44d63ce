"""What `--split` means, and what of it is refused."""

from __future__ import annotations

import pytest

from llmd_routes.kube.objects import Ref
from llmd_routes.model.plan import Attachment, Backend
from llmd_routes.planning.splits import splits
from tests.generator.options import to_options
from tests.generator.planning.collected import collected, draft
from tests.generator.planning.test_routes import backend

FOUND = [backend("p", "vllm", "m", "n"), backend("q", "sglang", "m"), backend("r", "tgi", "o=1", "m")]
AGENTGATEWAY = [Attachment(Ref("ns", "Gateway", "gw"), "agentgateway")]


def asked(*words: str, found: list[Backend] = FOUND) -> tuple[dict[str, dict[str, int]], list[str]]:
    options = to_options(splits=words)
    weights, problems = collected(splits, draft(*found, attached=AGENTGATEWAY), options.splits)
    return weights, [*options.problems, *problems]


@pytest.mark.parametrize(
    ("words", "weights"),
    [
        ((), {}),
        (("vllm=80,sglang=20",), {"m": {"vllm": 80, "sglang": 20}}),
        (("m=vllm=1,sglang=0",), {"m": {"vllm": 1, "sglang": 0}}),
        (("VLLM=1,Sglang=1",), {"m": {"vllm": 1, "sglang": 1}}),
        (("m=vllm=1,tgi=2", "vllm=80,sglang=20"), {"m": {"vllm": 1, "tgi": 2}}),
        (("vllm=1,tgi=2,sglang=3",), {"m": {"vllm": 1, "tgi": 2, "sglang": 3}}),
    ],
)
def test_weights(words: tuple[str, ...], weights: dict[str, dict[str, int]]) -> None:
    assert asked(*words) == (weights, [])


def test_a_model_with_an_equals_sign() -> None:
    found = [backend("p", "vllm", "a=b,c=1"), backend("q", "sglang", "a=b,c=1")]
    assert asked("a=b,c=1=vllm=1,sglang=2", found=found) == ({"a=b,c=1": {"vllm": 1, "sglang": 2}}, [])


@pytest.mark.parametrize(
    ("word", "problem"),
    [
        ("vllm", "invalid weights; use weights of two engines or more, such as vllm=80,sglang=20"),
        ("vllm=80", "invalid weights; use weights of two engines or more, such as vllm=80,sglang=20"),
        ("vllm=80,vllm=20", "invalid weights; use weights of two engines or more, such as vllm=80,sglang=20"),
        ("vllm=0,sglang=0", "invalid weights; use weights of two engines or more, such as vllm=80,sglang=20"),
        ("vllm=1.5,sglang=2", "invalid weights; use weights of two engines or more, such as vllm=80,sglang=20"),
        ("vllm=1000001,sglang=1", "a weight is above 1000000; use smaller weights of the same ratio"),
        ("vllm=1,nope=1", "no ModelService serves as nope; use sglang, tgi, vllm"),
        ("x=vllm=1,sglang=1", "no ModelService serves x; use one of m, n, o=1"),
        ("n=vllm=1,sglang=1", "no ModelService serves n as sglang; use vllm"),
    ],
)
def test_what_cannot_be_split(word: str, problem: str) -> None:
    assert asked(word) == ({}, [f"--split {word}: {problem}"])


def test_one_word_for_each_model() -> None:
    _, problems = asked("vllm=1,sglang=1", "vllm=2,sglang=1", "m=vllm=1,tgi=1", "m=vllm=2,tgi=1")
    assert [problem.partition(": ")[2] for problem in problems] == [
        "weights for all models are already set; remove one of them",
        "weights for m are already set; remove one of them",
    ]


def test_no_model_that_two_serve() -> None:
    found = [backend("p", "vllm", "m"), backend("q", "sglang", "n")]
    word = "vllm=1,sglang=1"
    assert asked(word, found=found)[1] == [
        f"--split {word}: no model is served by two of these engines; remove the option"
    ]


def test_pools_of_several_namespaces() -> None:
    found = [backend("p", "vllm", "m"), backend("q", "sglang", "m", namespace="far")]
    assert asked("vllm=1,sglang=1", found=found)[1] == [
        "--split: m is served in far, ns, and one HTTPRoute cannot reference all of them; remove the option"
    ]


def test_istio_cannot() -> None:
    """Seen with istiod of August 2026: all requests of a 50/50 rule went to the last pool's picker (istio#61594)."""
    attached = [Attachment(Ref("ns", "Gateway", "gw"), "istio"), *AGENTGATEWAY]
    assert collected(splits, draft(*FOUND, attached=attached), to_options(splits=("vllm=1,sglang=1",)).splits)[1] == [
        "--split: Gateway ns/gw runs istio, and istio without istio#61601 (1.31 and older before"
        " 21 September 2026) asks the endpoint picker of the last pool for every request,"
        " whatever the weights; remove the option, or select one engine with --default-engine"
    ]
    assert collected(splits, draft(*FOUND, attached=attached), [])[1] == []
