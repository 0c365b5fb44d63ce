"""The ports of a pool over several roles: never one that a pod does not serve."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmd_routes.inventory.build import build_inventory
from llmd_routes.inventory.role_ports import listed
from llmd_routes.model.inventory import Inventory
from tests.generator.objects import Obj, deployment, vllm

ACTIVE = "inference.networking.k8s.io/active-ports"


def role(name: str, ports: int | None, active: str | None = None) -> Obj:
    """Return the Deployment of a role that serves on 8000 and the ports after it; None: its port is unknown."""
    words = ["--port", "$(NOWHERE)"] if ports is None else ["--port", "8000"]
    ranks = ["--data-parallel-size-local", str(ports), "--data-parallel-multi-port-external-lb"] if ports else []
    made = deployment(f"a-{name}", {"llm-d.ai/guide": "a", "llm-d.ai/role": name}, vllm("m", *words, *ranks))
    if active:
        made["spec"]["template"]["metadata"]["annotations"] = {ACTIVE: active}
    return made


def read(*roles: Obj) -> tuple[tuple[int, ...], dict[str, tuple[str, str]], Inventory]:
    inventory = build_inventory(roles)
    (service,) = inventory.services
    notices = {
        str(n.code): (n.message, n.remedy) for n in inventory.notices if "port" in n.code and n.code != "multi-port"
    }
    return service.ports, notices, inventory


@pytest.mark.parametrize(
    ("decode", "prefill", "ports"),
    [
        ((4, None), (4, None), (8000, 8001, 8002, 8003)),
        ((4, None), (1, "8000"), (8000, 8001, 8002, 8003)),
        ((4, None), (2, "8000,8001"), (8000, 8001, 8002, 8003)),
        ((1, "8000"), (2, None), (8000, 8001)),
        ((2, "8000,8001"), (1, "8100"), (8000, 8001, 8100)),
    ],
)
def test_ports_that_all_pods_serve_or_exclude(
    decode: tuple[int, str | None], prefill: tuple[int, str | None], ports: tuple[int, ...]
) -> None:
    found, notices, _ = read(role("decode", *decode), role("prefill", *prefill))
    assert (found, notices) == (ports, {})


def test_the_ports_of_ranks_that_one_role_lacks() -> None:
    ports, notices, _ = read(role("decode", 4), role("prefill", 1))
    assert ports == (8000,)
    fact, fix = notices["ports-differ"]
    assert fact == (
        "Deployment/a-prefill serves on 8000, and Deployment/a-decode on 8000-8003, so the pool targets 8000 only"
    )
    assert fix == f'set the annotation {ACTIVE}: "8000" on the pods of Deployment/a-prefill'


def test_roles_without_a_common_port() -> None:
    prefill = role("prefill", 1)
    words = prefill["spec"]["template"]["spec"]["containers"][0]
    key = "args" if "8000" in words.get("args", ()) else "command"
    words[key] = ["8200" if word == "8000" else word for word in words[key]]
    ports, notices, _ = read(role("decode", 1), prefill)
    assert ports == ()
    fact, fix = notices["no-common-port"]
    assert fact.endswith("so no port is served by all pods")
    assert fix == (
        f'set the annotation {ACTIVE}: "8200" on the pods of Deployment/a-prefill and'
        f' {ACTIVE}: "8000" on the pods of Deployment/a-decode'
    )


def test_an_annotation_that_names_no_port_of_the_pool() -> None:
    ports, notices, _ = read(role("decode", 2), role("prefill", 1, "8200"))
    assert ports == (8000, 8001)
    assert notices["ports-differ"] == (
        "the annotation of Deployment/a-prefill names 8200, and the pool targets 8000, 8001 only, so its pods are never"
        " picked",
        f'set the annotation {ACTIVE}: "8000,8001" on the pods of Deployment/a-decode',
    )
    assert read(role("decode", 2, "8000,8001"), role("prefill", 1, "8200"))[:2] == ((8000, 8001, 8200), {})


def test_ports_that_are_not_known_are_said_to_be() -> None:
    ports, notices, _ = read(role("decode", None), role("prefill", 1))
    assert ports == ()
    fact, _ = notices["ports-differ"]
    assert fact == "Deployment/a-prefill serves on 8000, and the ports of Deployment/a-decode are not known"


ROLE = st.tuples(st.integers(1, 6), st.none() | st.sets(st.integers(8000, 8007), min_size=1, max_size=4))


@given(ROLE, ROLE)
def test_every_pod_serves_every_port_or_names_its_own(
    decode: tuple[int, set[int] | None], prefill: tuple[int, set[int] | None]
) -> None:
    made = [
        role(name, count, ",".join(map(str, sorted(active))) if active else None)
        for name, (count, active) in (("decode", decode), ("prefill", prefill))
    ]
    ports, _, _ = read(*made)
    for count, active in (decode, prefill):
        assert active is not None or set(ports) <= set(range(8000, 8000 + count))


def test_ports_as_text() -> None:
    assert [listed(ports) for ports in ((), (1,), (1, 2), (1, 2, 3), (1, 3, 4))] == ["", "1", "1, 2", "1-3", "1, 3, 4"]
