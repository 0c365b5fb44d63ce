"""The Gateway, the listeners and the host names of a request."""

from __future__ import annotations

import pytest

from llmd_routes.errors import InputError
from llmd_routes.explaining.entrances import Door, choose_door, find_doors, hosted_routes, listeners_of
from tests.generator.emitted import emitted
from tests.generator.objects import Obj, deployment, gateway

from .asking import around, match, route, rule

RULE = rule(match())


def doors(*objects: Obj, implementation: str | None = None) -> list[Door]:
    looked_up = around(list(objects))
    return find_doors(looked_up.inventory, looked_up.objects, implementation)


def listening(*listeners: Obj) -> Obj:
    found = gateway()
    found["spec"]["listeners"] = [
        {"allowedRoutes": {"namespaces": {"from": "All"}}, "protocol": "HTTP", "port": 80, **each} for each in listeners
    ]
    return found


def test_the_only_gateway_is_meant_or_the_only_one_with_routes() -> None:
    assert choose_door(doors(gateway()), [], "x").ref.name == "gw"
    assert choose_door(doors(gateway(), gateway("other"), route("r", RULE)), [], "x").ref.name == "gw"


def test_of_several_the_address_decides_or_the_option() -> None:
    other = gateway("other") | {"status": {"addresses": [{"value": "10.0.0.9"}]}}
    second = route("s", RULE, parentRefs=[{"name": "other"}])
    found = doors(gateway(), other, route("r", RULE), second)
    assert choose_door(found, [], "10.0.0.9").ref.name == "other"
    assert choose_door(found, ["gw"], "10.0.0.9").ref.name == "gw"
    assert choose_door(found, ["ns/gw", "other"], "10.0.0.9").ref.name == "other"
    with pytest.raises(InputError, match="several Gateways; pass --gateway with one of ns/gw, ns/other"):
        choose_door(found, [], "10.0.0.1")


def test_the_selected_namespaces_decide_between_several() -> None:
    far = route("far", RULE, parentRefs=[{"name": "gw", "namespace": "b"}])
    found = doors(gateway(), gateway(namespace="b"), route("r", RULE), far)
    assert choose_door(found, [], "x", ["b"]).ref.namespace == "b"
    # A route of the namespace ns is attached to both.
    with pytest.raises(InputError, match="several Gateways"):
        choose_door(found, [], "x", ["ns"])


def test_unknown_names_are_an_error() -> None:
    with pytest.raises(InputError, match="--gateway nope: not in the input; pass one of ns/gw"):
        choose_door(doors(gateway()), ["nope"], "x")
    with pytest.raises(InputError, match="--gateway gw: several Gateways"):
        choose_door(doors(gateway(), gateway(namespace="b")), ["gw"], "x")
    with pytest.raises(InputError, match="no Gateway and no HTTPRoute"):
        choose_door([], [], "x")


def test_a_gateway_that_only_routes_name_is_known_by_its_policies() -> None:
    piped = [obj for obj in emitted("istio") if obj["kind"] in ("HTTPRoute", "EnvoyFilter")]
    (door,) = doors(*piped)
    assert (door.ref.name, door.implementation.name, door.gateway) == ("gw", "istio", None)
    (unknown,) = doors(route("r", RULE))
    assert unknown.implementation.name == "unknown"
    (named,) = doors(route("r", RULE), implementation="cilium")
    assert named.implementation.name == "cilium"


def test_an_emitted_envoy_is_a_door() -> None:
    (door,) = doors(*emitted("envoy"))
    assert (door.ref.kind, door.ref.name, door.implementation.name) == ("Service", "door", "envoy")


def test_the_port_selects_listeners() -> None:
    (door,) = doors(
        listening({"name": "a"}, {"name": "b", "port": 81}, {"name": "c", "port": 443, "protocol": "HTTPS"})
    )
    assert [each.name for each in listeners_of(door, "http", 81)[0]] == ["b"]
    found, doubt = listeners_of(door, "https", 8443)
    assert [each.name for each in found] == ["c"]
    assert doubt == "Gateway ns/gw has no listener on port 8443; port 443 is assumed"
    with pytest.raises(InputError, match="no listener on port 8080; use one of its ports in the URL: 80, 81"):
        listeners_of(door, "http", 8080)


def hosts(found: Door, host: str) -> list[tuple[str, str]]:
    listeners, _ = listeners_of(found, "http", 80)
    return [(each.route.ref.name, each.host) for each in hosted_routes(found, listeners, host)]


def test_host_names_exclude_less_specific_ones_on_envoy() -> None:
    routes = [route("any", RULE), route("wild", RULE, hostnames=["*.a.b"]), route("exact", RULE, hostnames=["x.a.b"])]
    (door,) = doors(gateway(), *routes)
    assert hosts(door, "X.a.b:80") == [("exact", "x.a.b")]
    assert hosts(door, "y.a.b") == [("wild", "*.a.b")]
    assert hosts(door, "a.b") == [("any", "")]


def test_host_names_only_take_precedence_elsewhere() -> None:
    routes = [route("any", RULE), route("exact", RULE, hostnames=["x.a.b"])]
    (door,) = doors(gateway(gateway_class="agentgateway"), *routes)
    assert hosts(door, "x.a.b") == [("any", ""), ("exact", "x.a.b")]


def test_listeners_narrow_host_names_and_namespaces() -> None:
    strict = listening({"name": "a", "hostname": "*.a.b"})
    strict["spec"]["listeners"][0]["allowedRoutes"]["namespaces"]["from"] = "Same"
    far = route("far", RULE, parentRefs=[{"name": "gw", "namespace": "ns"}])
    far["metadata"]["namespace"] = "far"
    (door,) = doors(strict, route("any", RULE), far)
    assert hosts(door, "x.a.b") == [("any", "*.a.b")]
    assert hosts(door, "x.c") == []


@pytest.mark.parametrize(("tag", "status"), [("v1.4.1", 500), ("v1.4.2", None), ("main", None)])
def test_early_releases_of_agentgateway_ignore_fail_open(tag: str, status: int | None) -> None:
    program = {"name": "agentgateway", "image": f"cr.agentgateway.dev/agentgateway:{tag}"}
    proxy = deployment("gw", {"gateway.networking.k8s.io/gateway-name": "gw"}, program)
    looked_up = around([gateway(gateway_class="agentgateway"), proxy])
    (door,) = find_doors(looked_up.inventory, looked_up.objects)
    assert door.status_without_picker("FailOpen") == status
    assert door.status_without_picker("FailClose") == 500
