"""What agentgateway does not support."""

from __future__ import annotations

import pytest

from llmd_routes.errors import PlanError
from tests.generator.objects import Obj, container, deployment, pool, vllm

from .planned import planned


def proxy(image: str) -> Obj:
    labels = {"gateway.networking.k8s.io/gateway-name": "gw"}
    return deployment("gw", labels, container("agentgateway", image))


def codes(*objects: Obj, **options: str) -> list[str]:
    return [notice.code for notice in planned(*objects, **options).notices]


@pytest.mark.parametrize(
    ("image", "is_known"),
    [
        ("cr.agentgateway.dev/agentgateway:v1.4.0", True),
        ("cr.agentgateway.dev/agentgateway:1.6.2", True),
        ("cr.agentgateway.dev/agentgateway:latest", False),
        ("example.com/other:v1.0.0", False),
    ],
)
def test_the_release_is_read_from_the_image(image: str, is_known: bool) -> None:
    assert ("gateway-setting" not in codes(proxy(image))) is is_known


def test_older_releases_cannot_read_bodies() -> None:
    with pytest.raises(PlanError) as caught:
        planned(proxy("cr.agentgateway.dev/agentgateway:v1.3.2"))
    assert [str(problem) for problem in caught.value.problems] == [
        "Gateway ns/gw: body-based routing requires agentgateway 1.4, and it runs 1.3.2; upgrade it, or pass"
        " --body-to-header none"
    ]
    assert "gateway-setting" not in codes(proxy("agentgateway:v1.3.2"), body_to_header="none")


def test_fields_are_not_removed() -> None:
    with pytest.raises(PlanError) as caught:
        planned(strip_engine_fields="always")
    assert str(caught.value.problems[0]) == (
        "--strip-engine-fields always: Gateway ns/gw: agentgateway does not change request bodies; remove the option,"
        " and name engines in x-owned-by"
    )


def test_expressions_that_are_too_long() -> None:
    prefixes = tuple(f"/{'x' * 600}-{number}/v1" for number in range(8))
    with pytest.raises(PlanError, match="characters, and agentgateway accepts 16384; use fewer of --path-prefix"):
        planned(path_prefixes=prefixes)


def test_an_engine_that_rejects_unknown_fields() -> None:
    words = ["--model", "t", "--backend", "pytorch"]
    engine = deployment(
        "trt", {"app": "trt"}, container("trt", "nvcr.io/nvidia/tensorrt-llm/release:1", ["trtllm-serve"], words)
    )
    found = planned(engine, pool("trt", {"app": "trt"}, 8000)).notices
    assert "rejects unknown fields, and Gateway ns/gw does not remove owned_by from bodies" in {
        n.message for n in found
    }


def test_models_for_speech_are_reported() -> None:
    speech = deployment("ash", {"app": "ash"}, vllm("openai/whisper-large-v3"))
    objects = (speech, pool("ash", {"app": "ash"}, 8000))
    (notice,) = [one for one in planned(*objects).notices if one.code == "forms-unread"]
    assert notice.object.startswith("ModelService ns/") and "openai/whisper-large-v3 in forms" in notice.message
    assert "forms-unread" not in codes(*objects, body_to_header="none")
    assert "forms-unread" not in codes()
