"""AgentgatewayModels on the Gateway of the routes."""

from __future__ import annotations

import pytest

from tests.generator.objects import Obj

from .planned import planned


def model(*parents: Obj) -> Obj:
    return {
        "apiVersion": "agentgateway.dev/v1alpha1",
        "kind": "AgentgatewayModel",
        "metadata": {"name": "gpt", "namespace": "ns"},
        "spec": {"parentRefs": list(parents), "provider": "OpenAI"},
    }


@pytest.mark.parametrize(
    ("parent", "is_there"),
    [
        ({"name": "gw", "sectionName": "default"}, True),
        ({"group": "gateway.networking.k8s.io", "kind": "Gateway", "name": "gw", "namespace": "ns"}, True),
        ({"name": "gw", "sectionName": "other"}, False),
        ({"name": "other"}, False),
        ({"kind": "HTTPRoute", "name": "gw"}, False),
        ({"name": "gw", "namespace": "far"}, False),
    ],
)
def test_a_model_that_takes_requests_of_the_gateway(parent: Obj, is_there: bool) -> None:
    notices = [one for one in planned(model(parent)).notices if one.code == "second-reader"]
    assert [one.object for one in notices] == (["AgentgatewayModel ns/gpt"] if is_there else [])
    assert all("take precedence over these routes" in one.message for one in notices)
