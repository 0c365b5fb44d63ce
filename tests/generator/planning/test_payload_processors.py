"""Existing processors that set the headers: which are used, and what is reported about them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from llmd_routes.kube.objects import Ref
from llmd_routes.model.gateways import Policy
from llmd_routes.model.plan import Attachment
from llmd_routes.model.processors import PayloadProcessor, Reader
from llmd_routes.planning.payload_processors import notices_of_readers, plan_readers
from tests.generator.planning.collected import collected, draft

BOTH = {"model": "x-gateway-model-name", "owned_by": "x-owned-by"}
PROCESSOR = PayloadProcessor(
    Ref("ns", "Deployment", "ipp"), (Ref("ns", "Service", "ipp"),), BOTH, "payloadProcessor.customConfig of its chart"
)
GKE = Attachment(Ref("ns", "Gateway", "gw"), "gke")
CALL = {"extensionChains": [{"extensions": [{"backendRef": {"kind": "Service", "name": "ipp"}}]}]}
POLICY = Policy(Ref("ns", "GCPRoutingExtension", "p"), ("Gateway/gw",), None, CALL)
DRAFT = draft(attached=[GKE], policies=[POLICY], processors=[PROCESSOR])


def test_a_gateway_that_calls_a_processor_needs_nothing_else() -> None:
    carrier, problems = collected(plan_readers, DRAFT)
    assert problems == [] and carrier.kind == "none"
    assert carrier.readers == (Reader(POLICY.ref, PROCESSOR.workload, True),)
    assert [notice.code for notice in notices_of_readers(replace(DRAFT, carrier=carrier))] == ["payload-processor"]


@pytest.mark.parametrize(
    ("headers", "reads", "fact"),
    [
        ({"model": "x-gateway-model-name"}, False, "does not copy the field owned_by to x-owned-by"),
        ({**BOTH, "owned_by": "x-engine"}, False, "does not copy the field owned_by to x-owned-by"),
        (None, None, "its configuration is not in the input"),
    ],
)
def test_a_processor_that_does_not_read_the_engine(
    headers: dict[str, str] | None, reads: bool | None, fact: str
) -> None:
    planned = replace(DRAFT, processors=[replace(PROCESSOR, headers=headers)])
    carrier, problems = collected(plan_readers, planned)
    assert problems == [] and [reader.reads_engine for reader in carrier.readers] == [reads]
    first, last = notices_of_readers(replace(planned, carrier=carrier))
    assert (first.code, last.code) == ("engine-unread", "payload-processor")
    assert first.message.startswith(fact)
    assert first.remedy.endswith(
        "add a plugin body-field-to-header with fieldName: owned_by and headerName: x-owned-by in"
        " payloadProcessor.customConfig of its chart"
    )


@pytest.mark.parametrize(
    ("planned", "problem"),
    [
        (
            replace(DRAFT, processors=[]),
            "--body-to-header payload-processor: no payload processor in the input; add its Deployment, Service and"
            " ConfigMap to the input, or remove the option",
        ),
        (
            replace(DRAFT, policies=[]),
            "--body-to-header payload-processor: Gateway ns/gw: no policy in the input calls Deployment ns/ipp for this"
            " Gateway; set provider.name and inferenceGateway.name=gw in the values of its chart",
        ),
        (
            replace(DRAFT, policies=[replace(POLICY, instance="ns.gw")]),
            "--body-to-header payload-processor: Gateway ns/gw: no policy in the input calls Deployment ns/ipp for this"
            " Gateway; set provider.name and inferenceGateway.name=gw in the values of its chart",
        ),
        (
            replace(DRAFT, processors=[replace(PROCESSOR, headers={"model": "x-model"})]),
            "Deployment ns/ipp: does not copy the field model to x-gateway-model-name; add a plugin"
            " body-field-to-header with fieldName: model and headerName: x-gateway-model-name in"
            " payloadProcessor.customConfig of its chart",
        ),
        (
            draft(attached=[replace(GKE, implementation="nginx")], processors=[PROCESSOR]),
            "--body-to-header payload-processor: Gateway ns/gw: nginx calls no payload processor; remove the option",
        ),
    ],
)
def test_what_prevents_its_use(planned: object, problem: str) -> None:
    assert collected(plan_readers, planned)[1] == [problem]
