"""Which Services select a pod, and which container ports their ports reach."""

from __future__ import annotations

import pytest

from llmd_routes.kube.objects import name_of
from llmd_routes.kube.services import index_services, reached_ports, selecting
from tests.generator.objects import Obj, container, service

OAK = {"app": "oak", "tier": "x"}


@pytest.mark.parametrize(
    ("selector", "namespace", "selects"),
    [
        ({"app": "oak"}, "ns", True),
        ({"tier": "x", "app": "oak"}, "ns", True),
        ({"app": "oak"}, "", True),
        ({"app": "oak"}, "other", False),
        ({"app": "oak", "more": "y"}, "ns", False),
        ({"app": "elm"}, "ns", False),
        ({}, "ns", False),
    ],
)
def test_which_services_select_a_pod(selector: Obj, namespace: str, selects: bool) -> None:
    fronts = index_services([(namespace, service("oak", selector))])
    assert bool(selecting(fronts, OAK, "ns")) is selects


def test_services_are_in_the_order_of_their_names() -> None:
    fronts = index_services(("ns", service(name, {"app": "oak"})) for name in ("b", "c", "a"))
    assert [name_of(found) for found in selecting(fronts, OAK, "ns")] == ["a", "b", "c"]


def test_the_container_port_that_each_port_reaches() -> None:
    front = service("oak", OAK)
    front["spec"]["ports"] = [
        {"port": 1},
        {"port": 2, "targetPort": 8000},
        {"port": 3, "targetPort": "web"},
        {"port": 4, "targetPort": "other"},
        {"name": "without a number"},
    ]
    pod = [container("a"), container("b", ports=[{"name": "web", "containerPort": 8080}])]
    assert [(number, reached) for number, reached, _ in reached_ports(front, pod)] == [
        (1, 1),
        (2, 8000),
        (3, 8080),
        (4, None),
    ]
