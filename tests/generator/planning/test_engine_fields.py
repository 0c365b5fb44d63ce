"""Engines that reject the fields which name them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.objects import Ref
from llmd_routes.model.bodies import Carrier, CarrierKind
from llmd_routes.model.plan import Attachment, Backend, Keyed
from llmd_routes.names import POOL_V1
from llmd_routes.planning.engine_fields import can_strip, rejected_fields
from tests.generator.objects import deployment, vllm
from tests.generator.planning.collected import draft

(SERVICE,) = build_inventory([deployment("a", {"a": "b"}, vllm("m"))]).services
LENIENT = Backend(Keyed(SERVICE, "vllm", ("m",)), Ref("ns", "InferencePool", "p"), POOL_V1, None)
STRICT = replace(LENIENT, keyed=Keyed(replace(SERVICE, engine="tensorrt_llm"), "trt", ("m",)))
ISTIO = Attachment(Ref("ns", "Gateway", "gw"), "istio")
AGENTGATEWAY = replace(ISTIO, implementation="agentgateway")


def fixes(attached: Attachment, kind: CarrierKind, *backends: Backend) -> list[str]:
    found = rejected_fields(draft(*backends, attached=[attached], carrier=Carrier(kind, "", 1)))
    return [notice.remedy for notice in found if notice.code == "engine-fields"]


@pytest.mark.parametrize(
    ("attached", "kind", "strips"),
    [
        (ISTIO, "in-gateway", True),
        (ISTIO, "ext-proc", True),
        (ISTIO, "ext-authz", False),
        (AGENTGATEWAY, "in-gateway", False),
    ],
)
def test_a_strict_engine_needs_their_removal(attached: Attachment, kind: CarrierKind, strips: bool) -> None:
    assert can_strip(attached, kind) is strips
    assert len(fixes(attached, kind, LENIENT, STRICT)) == (0 if strips else 1)
    assert fixes(attached, kind, LENIENT) == []


def test_the_fix_names_only_what_the_gateway_supports() -> None:
    by_header = "let clients name the engine in the header x-owned-by"
    assert fixes(AGENTGATEWAY, "in-gateway", STRICT) == [by_header]
    assert fixes(ISTIO, "ext-authz", STRICT) == [f"{by_header}, or pass --body-to-header ext-proc"]


def test_headers_of_clients_name_no_fields() -> None:
    assert list(rejected_fields(draft(STRICT, attached=[ISTIO]))) == []
