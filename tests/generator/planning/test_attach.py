"""Which Gateway and listener the routes attach to, and what they are called."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.inventory.build import build_inventory
from llmd_routes.model.naming import shortened
from llmd_routes.model.options import Options
from llmd_routes.planning.attach import attachments, instance_of, misfits
from tests.generator.objects import Obj, gateway
from tests.generator.options import to_options
from tests.generator.planning.collected import collected

ALL = {"namespaces": {"from": "All"}}
METADATA_NAME = "kubernetes.io/metadata.name"


def listener(name: str, protocol: str = "HTTP", hostname: str | None = None, allowed: Any = ALL) -> Obj:
    port = {"HTTP": 80, "HTTPS": 443}.get(protocol, 1000)
    host = {"hostname": hostname} if hostname else {}
    return {"name": name, "port": port, "protocol": protocol, "allowedRoutes": allowed} | host


def with_listeners(*listeners: Obj, **more: Any) -> Obj:
    made = gateway(**more)
    made["spec"]["listeners"] = list(listeners)
    return made


def by_labels(*expressions: Obj, **labels: str) -> Obj:
    selector = {"matchLabels": labels, "matchExpressions": list(expressions)}
    return {"namespaces": {"from": "Selector", "selector": selector}}


def named(operator: str, *values: str) -> Obj:
    return {"key": METADATA_NAME, "operator": operator, "values": list(values)}


CHOSEN = [
    ([gateway()], to_options(), [("ns", "gw", "istio", None)]),
    ([gateway("a"), gateway("b")], to_options(gateways=("b",)), [("ns", "b", "istio", None)]),
    ([gateway(namespace="x"), gateway(namespace="y")], to_options(gateways=("y/gw",)), [("y", "gw", "istio", None)]),
    (
        [gateway(namespace="x"), gateway(namespace="y")],
        to_options(gateways=("gw",), namespaces=("x",)),
        [("x", "gw", "istio", None)],
    ),
    ([], to_options(gateways=("x/gw",), implementation="agentgateway"), [("x", "gw", "agentgateway", None)]),
    (
        [],
        to_options(gateways=("x/gw",), implementation="istio", listener="web"),
        [("x", "gw", "istio", "web")],
    ),
    ([gateway()], to_options(listener="default"), [("ns", "gw", "istio", "default")]),
    (
        [],
        to_options(gateways=("gw",), implementation="istio", namespaces=("x",)),
        [("x", "gw", "istio", None)],
    ),
    ([gateway(gateway_class="mine")], to_options(implementation="istio"), [("ns", "gw", "istio", None)]),
    (
        [with_listeners(listener("web"), listener("secure", "HTTPS"))],
        to_options(),
        [("ns", "gw", "istio", "secure")],
    ),
    (
        [with_listeners(listener("web"), listener("secure", "HTTPS"))],
        to_options(listener="web"),
        [("ns", "gw", "istio", "web")],
    ),
    ([with_listeners(listener("web"), listener("tcp", "TCP"))], to_options(), [("ns", "gw", "istio", None)]),
    (
        [with_listeners(listener("a", hostname="a.example.com"), listener("b", hostname="*.b.example.com"))],
        to_options(hostnames=("x.b.example.com",)),
        [("ns", "gw", "istio", "b")],
    ),
]


@pytest.mark.parametrize(("objects", "options", "expected"), CHOSEN)
def test_chosen(objects: list[Obj], options: Options, expected: list[tuple[str, str, str, str | None]]) -> None:
    found, problems = collected(attachments, build_inventory(objects), options)
    assert problems == []
    assert [(a.ref.namespace, a.ref.name, a.implementation, a.section) for a in found] == expected


REFUSED = [
    (
        [],
        to_options(),
        "the input contains no Gateway; add its manifest, or pass --gateway NS/NAME --implementation NAME",
    ),
    (
        [gateway("a"), gateway("b")],
        to_options(),
        "the input contains 2 Gateways; pass --gateway ns/a or --gateway ns/b",
    ),
    (
        [gateway("a")],
        to_options(gateways=("b",)),
        "--gateway b: not in the input, which contains ns/a; pass --implementation to attach to it anyway",
    ),
    (
        [],
        to_options(gateways=("b",), implementation="istio"),
        "--gateway b: not in the input, so its namespace is unknown; pass NS/b",
    ),
    (
        [gateway(namespace="x"), gateway(namespace="y")],
        to_options(gateways=("gw",)),
        "--gateway gw: x/gw, y/gw have this name; pass NS/NAME",
    ),
    (
        [gateway(gateway_class="mine")],
        to_options(),
        "Gateway ns/gw: class mine belongs to no known implementation;"
        " add its GatewayClass to the input, or pass --implementation",
    ),
    (
        [gateway()],
        to_options(implementation="agentgateway"),
        "Gateway ns/gw: its class istio belongs to istio; remove --implementation",
    ),
    (
        [gateway()],
        to_options(listener="web"),
        "Gateway ns/gw: has no listener web; pass one of default",
    ),
    (
        [with_listeners(listener("a"), listener("b", hostname="b.example.com"))],
        to_options(),
        "Gateway ns/gw: has several HTTP listeners; pass --listener with one of a, b",
    ),
    (
        [with_listeners(listener("a", "TLS"))],
        to_options(),
        "Gateway ns/gw: has no HTTP or HTTPS listener; add one, or pass another --gateway",
    ),
    (
        [with_listeners(listener("a", hostname="*.example.com"))],
        to_options(hostnames=("example.com",)),
        "Gateway ns/gw: serves *.example.com, not example.com; pass another --hostname or --listener",
    ),
]


@pytest.mark.parametrize(("objects", "options", "problem"), REFUSED, ids=[row[2][:60] for row in REFUSED])
def test_refused(objects: list[Obj], options: Options, problem: str) -> None:
    assert collected(attachments, build_inventory(objects), options) == ([], [problem])


BY_NAME = {"namespaces": {"from": "Selector", "selector": {"matchLabels": {METADATA_NAME: "x"}}}}
TAKES: list[tuple[Obj, str, Obj | None, bool | None]] = [
    (ALL, "x", None, True),
    ({}, "ns", None, True),
    ({}, "x", None, False),
    (BY_NAME, "x", None, True),
    (BY_NAME, "y", None, False),
    (by_labels(named("NotIn", "x")), "x", None, False),
    (by_labels(named("In", "x", "y")), "y", None, True),
    (by_labels(named("Exists")), "y", None, True),
    (by_labels(named("DoesNotExist")), "y", None, False),
    (by_labels(named("In", "x"), shared="true"), "x", None, None),
    (by_labels(named("In", "x"), shared="true"), "x", {"shared": "true"}, True),
    (by_labels(shared="true"), "x", {}, False),
    (by_labels({"key": "tier", "operator": "NotIn", "values": ["a"]}), "x", {}, True),
    (by_labels({"key": "tier", "operator": "NotIn", "values": ["a"]}), "x", {"tier": "a"}, False),
    (by_labels({"key": "tier", "operator": "Exists"}), "x", {"tier": ""}, True),
    ({**ALL, "kinds": [{"kind": "GRPCRoute"}]}, "x", None, False),
    ({**ALL, "kinds": [{"kind": "HTTPRoute"}]}, "x", None, True),
]


@pytest.mark.parametrize(("allowed", "namespace", "known", "takes"), TAKES)
def test_namespaces_and_kinds(allowed: Obj, namespace: str, known: Obj | None, takes: bool | None) -> None:
    inventory = build_inventory([with_listeners(listener("default", allowed=allowed))])
    found, _ = collected(attachments, inventory, to_options())
    notices, problems = collected(misfits, found, {namespace: known}, ())
    assert (len(problems), [n.code for n in notices]) == (
        int(takes is False),
        ["listener-selector"] if takes is None else [],
    )


HOSTS = [
    ("*.example.com", "a.b.example.com", True),
    ("*.example.com", "*.b.example.com", True),
    ("a.example.com", "*.example.com", True),
    ("*.example.com", "example.com", False),
    ("a.example.com", "b.example.com", False),
    ("*.a.com", "*.b.com", False),
]


@pytest.mark.parametrize(("one", "other", "meet"), HOSTS)
def test_hostnames(one: str, other: str, meet: bool) -> None:
    for mine, theirs in ((one, other), (other, one)):
        inventory = build_inventory([with_listeners(listener("web", hostname=mine))])
        found, _ = collected(attachments, inventory, to_options(listener="web", hostnames=(theirs,)))
        _, problems = collected(misfits, found, {"ns": None}, (theirs,))
        assert (problems == []) == meet


def test_a_listener_that_does_not_speak_http_is_refused() -> None:
    inventory = build_inventory([with_listeners(listener("tcp", "TCP"), listener("web"))])
    found, _ = collected(attachments, inventory, to_options(listener="tcp"))
    assert collected(misfits, found, {"ns": None}, ())[1] == [
        "Gateway ns/gw: listener tcp has protocol TCP, not HTTP; pass another --listener"
    ]


def test_an_unseen_gateway_is_noted() -> None:
    found, _ = collected(attachments, build_inventory([]), to_options(gateways=("x/gw",), implementation="istio"))
    assert [n.code for n in collected(misfits, found, {"x": None}, ())[0]] == ["gateway-unseen"]


def instance(objects: list[Obj], options: Options) -> tuple[str, int]:
    found, _ = collected(attachments, build_inventory(objects), options)
    name, problems = collected(instance_of, found, options)
    return name, len(problems)


@pytest.mark.parametrize("options", [to_options(gateways=("ns/gw",), implementation="kthena"), to_options()])
def test_an_implementation_that_ignores_headers_is_refused(options: Options) -> None:
    objects = [] if options.implementation else [gateway(gateway_class="kthena-router")]
    _, (problem,) = collected(attachments, build_inventory(objects), options)
    assert problem.startswith("Gateway ns/gw: kthena's router ignores the matches of HTTPRoutes that have headers")
    assert "; use a Gateway of istio, agentgateway or Envoy Gateway" in problem


def test_the_name_of_the_routes() -> None:
    assert instance([gateway()], to_options()) == ("ns.gw", 0)
    assert instance([gateway()], to_options(namespaces=("ns",))) == ("ns.gw", 0)
    assert instance([gateway()], to_options(namespaces=("other",))) == ("", 1)
    assert instance([gateway()], to_options(namespaces=("other",), instance="mine")) == ("mine", 0)
    assert instance([gateway("a"), gateway("b")], to_options(gateways=("a", "b"))) == ("", 1)
    long, _ = instance([gateway("g" * 60, namespace="n" * 60)], to_options())
    assert len(long) == 63


def test_shortened_names_stay_apart() -> None:
    assert shortened("a" * 63, 63) == "a" * 63
    first, second = shortened("a" * 70 + "x", 63), shortened("a" * 70 + "y", 63)
    assert first != second
    assert len(first) == len(second) == 63
