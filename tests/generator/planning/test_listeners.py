"""Listeners and the host names that they share with routes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmd_routes.kube.objects import Ref
from llmd_routes.model.gateways import Gateway, Listener
from llmd_routes.planning.listeners import admits, choose, fits, hosts_on, intersect, refusals, section, unproven

HOSTS = st.sampled_from(["a.x", "b.x", "a.b.x", "*.x", "*.b.x", "x", "*.a.b.x"])
WEB = Listener("web", 80, "HTTP", None, "All")
SECURE = Listener("secure", 443, "HTTPS", None, "All")
TCP = Listener("tcp", 9000, "TCP", None, "All")


def gateway(*listeners: Listener) -> Gateway:
    return Gateway(Ref("ns", "Gateway", "gw"), "ns", "istio", "istio", listeners)


@given(HOSTS, HOSTS)
def test_sharing_a_host_has_no_order(one: str, other: str) -> None:
    assert intersect(one, other) == intersect(other, one)
    assert intersect(one, one)


@pytest.mark.parametrize(
    ("hostname", "hostnames", "served"),
    [
        (None, (), [""]),
        (None, ("a.x",), ["a.x"]),
        ("*.x", (), ["*.x"]),
        ("*.x", ("a.x", "b.y"), ["a.x"]),
        ("a.x", ("*.x",), ["a.x"]),
        ("*.b.x", ("*.x",), ["*.b.x"]),
        ("a.x", ("b.x",), []),
    ],
)
def test_hosts_on_a_listener(hostname: str | None, hostnames: tuple[str, ...], served: list[str]) -> None:
    assert hosts_on(Listener("web", 80, "HTTP", hostname, "All"), hostnames) == served
    assert hosts_on(None, hostnames) == (list(hostnames) or [""])


@pytest.mark.parametrize(
    ("listener", "namespace", "admitted"),
    [
        (WEB, "other", True),
        (Listener("web", 80, "HTTP", None, "Same"), "ns", True),
        (Listener("web", 80, "HTTP", None, "Same"), "other", False),
        # The labels of the namespace are not known.
        (Listener("web", 80, "HTTP", None, "Selector", {"matchLabels": {"team": "a"}}), "other", True),
        (Listener("web", 80, "HTTP", None, "All", kinds=("GRPCRoute",)), "ns", False),
    ],
)
def test_listeners_that_admit_routes(listener: Listener, namespace: str, admitted: bool) -> None:
    assert admits(gateway(listener), listener, namespace) is admitted


@pytest.mark.parametrize(
    ("one", "other", "meet"),
    [("*.x", "a.x", True), ("*.x", "x", False), ("*.x", "*.b.x", True), ("a.x", "b.x", False), ("*.b.x", "a.x", False)],
)
def test_a_wildcard_is_never_the_apex(one: str, other: str, meet: bool) -> None:
    assert intersect(one, other) is meet


@pytest.mark.parametrize(
    ("listeners", "wanted", "chosen"),
    [((WEB, SECURE, TCP), None, "secure"), ((WEB, TCP), None, "web"), ((WEB, SECURE), "web", "web")],
)
def test_chosen(listeners: tuple[Listener, ...], wanted: str | None, chosen: str) -> None:
    found = choose(gateway(*listeners), wanted, ())
    assert isinstance(found, Listener) and found.name == chosen


@pytest.mark.parametrize(
    ("listeners", "wanted", "line"),
    [
        ((TCP,), None, "has no HTTP or HTTPS listener"),
        ((WEB, Listener("web2", 81, "HTTP", None, "All")), None, "has several HTTP listeners"),
        ((WEB,), "other", "has no listener other; pass one of web"),
    ],
)
def test_not_chosen(listeners: tuple[Listener, ...], wanted: str | None, line: str) -> None:
    found = choose(gateway(*listeners), wanted, ())
    assert isinstance(found, str) and line in found


def test_a_section_is_needed_where_another_listener_takes_routes_too() -> None:
    assert section(gateway(WEB, TCP), WEB) is None
    assert section(gateway(WEB, SECURE), WEB) == "web"


def test_namespaces_that_cannot_be_told() -> None:
    chosen = Listener("web", 80, "HTTP", None, "Selector", {"matchLabels": {"team": "a"}})
    assert unproven(gateway(chosen), chosen, {"x": None, "y": {"team": "a"}, "z": {"team": "b"}}) == ["x"]
    assert [line.split("namespace ")[1][0] for line in refusals(gateway(chosen), chosen, {"x": None, "z": {}}, ())] == [
        "z"
    ]
    assert fits(chosen, ("any.host",)) and fits(Listener("w", 80, "HTTP", "a.x", "All"), ())
