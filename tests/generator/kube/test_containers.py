"""What containers declare."""

from __future__ import annotations

from llmd_routes.kube.containers import containers_of, declared_ports, env_of


def test_containers_that_stay_are_the_ordinary_ones_then_init_containers_that_restart() -> None:
    spec = {
        "initContainers": [{"name": "once"}, {"name": "always", "restartPolicy": "Always"}],
        "containers": [{"name": "main"}, None],
    }
    assert [each["name"] for each in containers_of(spec)] == ["main", "always"]


def test_the_last_entry_of_a_variable_counts_even_when_its_value_is_not_written_out() -> None:
    env = [
        {"name": "A", "value": "1"},
        {"name": "A", "value": 2},
        {"name": "B", "value": "x"},
        {"name": "B", "valueFrom": {"secretKeyRef": {"name": "s"}}},
        {"name": "C"},
    ]
    assert env_of({"env": env}) == {"A": "2", "C": ""}


def test_ports_that_no_container_can_have_are_none() -> None:
    ports = [{"name": "http", "containerPort": 8000}, {"containerPort": "80"}, {"containerPort": 70000}, {"name": "x"}]
    assert declared_ports({"ports": ports}) == [("http", 8000), ("", 80)]
