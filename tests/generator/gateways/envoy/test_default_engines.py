"""An annotation of the Service keeps the default engines."""

from __future__ import annotations

import pytest

from llmd_routes.gateways.envoy.default_engines import ANNOTATION, default_text
from llmd_routes.output.render import render
from tests.generator.objects import Obj, service

from .planned import ELM, ELM_POOL, OAK, OAK_POOL, planned


def annotated(value: str) -> Obj:
    made = service("llmd-routes", {})
    made["metadata"] |= {"labels": {"llmd-routes/instance": "ns.llmd-routes"}, "annotations": {ANNOTATION: value}}
    return made


def test_a_further_engine_does_not_change_the_default() -> None:
    before = planned(ELM, ELM_POOL)
    assert before.defaults == {"m": "sglang"}
    (kept,) = (dict(each.obj) for each in render(before) if each.obj["kind"] == "Service")
    assert planned(OAK, OAK_POOL, ELM, ELM_POOL).defaults == {"m": "vllm"}
    assert planned(OAK, OAK_POOL, ELM, ELM_POOL, kept).defaults == {"m": "sglang"}


@pytest.mark.parametrize("value", ["", "{", "[]", '"m"', '{"m": 5}'])
def test_other_texts_count_as_none(value: str) -> None:
    assert planned(OAK, OAK_POOL, ELM, ELM_POOL, annotated(value)).defaults == {"m": "vllm"}


def test_an_engine_that_is_gone_is_no_default() -> None:
    assert planned(OAK, OAK_POOL, annotated(default_text({"m": "tgi"}))).defaults == {"m": "vllm"}
