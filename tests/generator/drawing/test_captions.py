"""Boxes have short texts; what does not fit is counted."""

from __future__ import annotations

import pytest

from llmd_routes.drawing.captions import match_lines, pod_details, pod_title, shortened
from llmd_routes.kube.objects import Ref
from llmd_routes.model.explanation import Pods
from tests.generator.explaining.asking import match
from tests.generator.objects import Obj

MODEL, OWNER = "x-gateway-model-name", "x-owned-by"


def patterned(*values: tuple[str, str]) -> Obj:
    headers = [{"name": name, "type": "RegularExpression", "value": value} for name, value in values]
    return {"path": {"value": "/v1"}, "headers": headers}


@pytest.mark.parametrize(
    ("matches", "lines"),
    [
        ([match(x_gateway_model_name="m", x_owned_by="vllm")], ("m, vllm",)),
        ([match(x_gateway_model_name="m", x_owned_by="default")], ("m, no engine",)),
        ([match(x_gateway_model_name="m")], ("m, any engine",)),
        (
            [patterned((MODEL, "^(a|b)$"), (OWNER, "^(vllm|default)$"))],
            ("a, vllm", "a, no engine", "b, vllm", "b, no engine"),
        ),
        ([patterned((MODEL, "^(a)$"), (OWNER, ".+"))], ("a, any engine",)),
        ([patterned((OWNER, ".+"))], ("path /v1, x-owned-by~.+",)),
        ([match(x_gateway_model_name="m", x_other="o")], ("path /v1, x-gateway-model-name=m, x-other=o",)),
        ([], ("path /",)),
        ([match(), match()], ("path /v1",)),
    ],
)
def test_matches(matches: list[Obj], lines: tuple[str, ...]) -> None:
    assert match_lines({"matches": matches}) == lines


@pytest.mark.parametrize(
    ("pods", "title", "details"),
    [
        (Pods(("a", "b"), 1, is_known=True), "1 of 2 ready", ("a", "b")),
        (Pods(workloads=(Ref("ns", "Deployment", "d"),)), "1 workload", ("Deployment d",)),
        (Pods(is_known=True), "no pods", ()),
        (Pods(), "", ()),
    ],
)
def test_pods(pods: Pods, title: str, details: tuple[str, ...]) -> None:
    assert (pod_title(pods), pod_details(pods)) == (title, details)


@pytest.mark.parametrize(
    ("lines", "shown"),
    [(("a",), ("a",)), (("a", "b"), ("a", "b")), (("a", "b", "c", "d"), ("a", "b and 2 more")), ((), ())],
)
def test_long_lists(lines: tuple[str, ...], shown: tuple[str, ...]) -> None:
    assert shortened(lines, 2) == shown
