"""Which component reads bodies, and why that one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from llmd_routes import gateways
from llmd_routes.gateways.implementation import Draft, Implementation
from llmd_routes.inventory.build import build_inventory
from llmd_routes.kube.objects import Ref
from llmd_routes.model.bodies import CarrierKind
from llmd_routes.model.plan import Attachment, Backend, Keyed
from llmd_routes.names import POOL_V1
from llmd_routes.notices import Notice
from llmd_routes.planning.carriers import Choice, choose, common_carriers, exceeds, strips
from tests.generator.objects import deployment, vllm
from tests.generator.options import to_options
from tests.generator.planning.collected import draft

MOST = 1000
(SERVICE,) = build_inventory([deployment("a", {"a": "b"}, vllm("m"))]).services
BACKEND = Backend(Keyed(SERVICE, "vllm", ("m",)), Ref("ns", "InferencePool", "p"), POOL_V1, None)
STRICT = replace(BACKEND, keyed=Keyed(replace(SERVICE, engine="tensorrt_llm"), "other", ("m",)))
ISTIO = Attachment(Ref("ns", "Gateway", "gw"), "istio")
OVER_HTTP = Choice("ext-authz", "over HTTP, because nothing requires ext-proc")


class _Limited(Implementation):
    """A gateway whose installation prevents two of three components."""

    def carrier_limits(self, kind: CarrierKind, attachment: Attachment, draft: Draft) -> Iterator[str | Notice]:
        if kind == "in-gateway":
            yield "ConfigMap ns/settings: disables filters; enable them"
        if kind == "ext-authz":
            yield Notice("policy-conflict", "Policy ns/p", "would be replaced", "remove it")


CARRIERS: tuple[CarrierKind, ...] = ("in-gateway", "ext-authz", "ext-proc")
LIMITED = _Limited(name="limited", controllers=(), classes=(), carriers=CARRIERS)
SMALL = Implementation(name="small", controllers=(), classes=(), carriers=("in-gateway", "ext-authz"))


@pytest.fixture(autouse=True)
def added(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateways, "IMPLEMENTATIONS", (*gateways.IMPLEMENTATIONS, LIMITED, SMALL))


def choice(*names: str, backends: tuple[Backend, ...] = (BACKEND,), **options: Any) -> Choice:
    attached = [replace(ISTIO, implementation=name) for name in names or ("istio",)]
    return choose(draft(*backends, attached=attached), to_options(**options), MOST)


@pytest.mark.parametrize("asked", CARRIERS)
def test_a_component_that_is_named_is_taken(asked: str) -> None:
    assert choice(body_to_header=asked, image="x") == Choice(asked)  # type: ignore[arg-type]


def test_an_external_service_is_asked_over_http_unless_something_requires_more() -> None:
    asked: dict[str, Any] = {"body_to_header": "external", "image": "x"}
    assert choice(**asked) == OVER_HTTP
    assert choice(**asked, body_limit=str(MOST)) == OVER_HTTP
    assert choice(**asked, strip_engine_fields="never", backends=(BACKEND, STRICT)) == OVER_HTTP
    long = choice(**asked, body_limit=str(MOST + 1))
    assert long.kind == "ext-proc" and f"at most {MOST} bytes in one message" in long.reason
    more: dict[str, Any]
    for more in ({"strip_engine_fields": "always"}, {"backends": (STRICT,)}):
        stripping = choice(**asked, **more)
        assert stripping == Choice(
            "ext-proc", "over ext-proc, because fields that name the engine are removed from bodies"
        )


def test_a_gateway_that_asks_in_one_way_only_needs_no_reason() -> None:
    assert choice("gke", body_to_header="external", image="x") == Choice("ext-proc")
    assert choice("small", body_to_header="external", image="x", body_limit="1Gi") == Choice("ext-authz")
    assert choice("gke", image="x") == Choice("ext-proc")


def test_the_gateway_reads_by_itself_where_it_can() -> None:
    assert choice() == choice(image="x") == choice("small", image="x", body_limit="1Gi") == Choice("in-gateway")
    assert choice(body_limit="1Gi") == Choice("in-gateway")
    assert choice(image="x", body_limit="1Gi").kind == "ext-proc"


def test_what_an_installation_prevents_is_avoided_and_named() -> None:
    assert choice("limited") == Choice("in-gateway")
    chosen = choice("limited", image="x")
    assert chosen.kind == "ext-proc"
    assert chosen.reason == (
        "ConfigMap ns/settings disables filters; over ext-proc, because Policy ns/p would be replaced"
    )


def test_gateways_of_one_set_share_a_component() -> None:
    assert common_carriers([ISTIO]) == CARRIERS
    assert common_carriers([ISTIO, replace(ISTIO, implementation="gke")]) == ("ext-proc",)
    assert common_carriers([replace(ISTIO, implementation="nginx")]) == ()


def test_fields_are_removed_as_requested_or_for_a_strict_engine() -> None:
    assert [strips([BACKEND], to_options(strip_engine_fields=said)) for said in ("auto", "always", "never")] == [
        False,
        True,
        False,
    ]
    assert strips([BACKEND, STRICT], to_options())


def test_only_a_requested_limit_exceeds() -> None:
    assert [exceeds(to_options(body_limit=said), MOST) for said in (None, "1000", "1001")] == [False, False, True]
