"""Endpoint pickers that nothing can ask: without pods, or behind another port than their pool names."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from llmd_routes.inventory.build import build_inventory
from llmd_routes.planning.make import make_plan
from tests.generator.objects import Obj, deployment, epp, gateway, pool, service, vllm
from tests.generator.options import to_options

POOL = pool("oak", {"app": "oak"}, 8000, epp="oak-epp")
SERVICE = service("oak-epp", {"inferencepool": "oak-epp"})
EPP = epp("oak-epp", "--pool-name", "oak")


def said(*pickers: Obj, pools: Obj = POOL) -> list[tuple[str, str, str]]:
    """Return object, fact and fix of what is said of pickers that cannot be reached."""
    inventory = build_inventory([deployment("oak", {"app": "oak"}, vllm("m")), gateway(), pools, *pickers])
    notices = make_plan(inventory, to_options()).notices
    return [(each.object, each.message, each.remedy) for each in notices if each.code == "picker-unreachable"]


def changed(obj: Obj, *path: Any, value: Any) -> Obj:
    """Return a copy of an object with another value of one field."""
    copied = copy.deepcopy(obj)
    place = copied
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return copied


def ports(*entries: Obj) -> Obj:
    return changed(SERVICE, "spec", "ports", value=list(entries))


def test_a_picker_that_can_be_reached() -> None:
    assert said(EPP, SERVICE) == []
    assert said() == []
    assert said(EPP) == []


def test_a_picker_without_pods() -> None:
    stopped = changed(EPP, "spec", "replicas", value=0)
    assert said(stopped, SERVICE) == [
        (
            "Deployment ns/oak-epp",
            "has replicas: 0, so no endpoint picker answers for its pool",
            "set spec.replicas to 1",
        )
    ]


def test_a_picker_of_a_helm_release() -> None:
    stopped = changed(EPP, "spec", "replicas", value=0)
    annotated = changed(stopped, "metadata", "annotations", value={"meta.helm.sh/release-name": "gaie-oak"})
    assert said(annotated, SERVICE)[0][2] == "set replicas to 1 in the values of Helm release gaie-oak"


def test_a_port_that_the_service_does_not_have() -> None:
    entry = {"name": "grpc-ext-proc", "port": 9000, "targetPort": 9002}
    assert said(EPP, ports(entry)) == [
        (
            "InferencePool ns/oak",
            "names port 9002 of Service oak-epp, which has no such port",
            "set spec.endpointPickerRef.port.number to 9000",
        )
    ]


def test_a_port_that_leads_elsewhere() -> None:
    entries = {"name": "grpc", "port": 9003, "targetPort": 9002}, {"name": "grpc-health", "port": 9002, "targetPort": 1}
    owned = changed(POOL, "metadata", "labels", value={"app.kubernetes.io/managed-by": "Helm"})
    (found,) = said(EPP, ports(*entries), pools=owned)
    assert found[1:] == (
        "names port 9002 of Service oak-epp, which does not target the picker's gRPC port",
        "set the port of the endpoint picker to 9003 in its source, which Helm applies",
    )


@pytest.mark.parametrize("target", ["grpc", "unknown", None])
def test_a_port_by_name(target: str | None) -> None:
    named = changed(
        EPP, "spec", "template", "spec", "containers", 0, "ports", value=[{"name": "grpc", "containerPort": 9002}]
    )
    entry = {"name": "grpc", "port": 9002} | ({"targetPort": target} if target else {})
    assert said(named, ports(entry)) == []


def test_no_port_leads_to_the_picker() -> None:
    (found,) = said(EPP, ports({"name": "grpc", "port": 9002, "targetPort": 1}))
    assert found[2] == "add the gRPC port of Deployment ns/oak-epp to Service oak-epp"
