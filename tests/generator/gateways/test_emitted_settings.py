"""The settings of body-based routing are read back from what was emitted, whatever they are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmd_routes.gateways.emitted_settings import data_of_program, settings_of_service
from llmd_routes.inventory.build import index_objects
from llmd_routes.kube.objects import Ref
from llmd_routes.output.lua_program import extractor
from llmd_routes_sidecar.catalog import Catalog, Model, Service
from llmd_routes_sidecar.extraction import Settings
from tests.generator.emitted import IMAGE, emitted, processor_of

NAMES = st.text("abc'\"\\/.-$", min_size=1, max_size=6)
SETTINGS = st.builds(
    Settings,
    hosts=st.lists(st.sampled_from(["a.example", "*.b.example", "c.example"]), unique=True).map(
        lambda hosts: tuple(sorted(hosts, key=lambda host: host.startswith("*")))
    ),
    prefixes=st.lists(st.sampled_from(["/v1", "/a/v1", ""]), min_size=1, unique=True).map(tuple),
    body_limit=st.integers(1, 2**40),
    keep_query=st.booleans(),
    splits=st.dictionaries(NAMES, st.dictionaries(NAMES, st.integers(1, 9), min_size=1), max_size=2),
    strip_engine_fields=st.booleans(),
)
CATALOG = Catalog(
    services=(
        Service(owned_by="vllm", models=(Model(id="m1", is_default=True), Model(id='q"uote\\'))),
        Service(owned_by="sglang", models=(Model(id="m1"),)),
    )
)


@given(SETTINGS, st.booleans(), st.sampled_from([None, CATALOG]))
def test_the_data_of_a_program_is_read_back(wanted: Settings, responds: bool, catalog: Catalog | None) -> None:
    data = data_of_program(extractor(wanted, catalog, responds=responds))
    assert data is not None
    assert data.settings == wanted
    assert data.responds == responds
    served = data.served
    assert (None if served is None else served.listed(None)) == (catalog.served.listed(None) if catalog else None)
    if served is not None and catalog is not None:
        assert [e.is_default for e in served.entries] == [e.is_default for e in catalog.served.entries]


@pytest.mark.parametrize(
    "program", ["", "function envoy_on_request(handle) end", 'local PREFIXES = {"/v1"}\nlocal LIMIT = "many"']
)
def test_other_programs_have_no_settings(program: str) -> None:
    assert data_of_program(program) is None


OPTIONS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"hostnames": ("a.example", "*.b.example")}, {"hosts": ("a.example", "*.b.example")}),
    ({"path_prefixes": ("/a$(X)/v1", "/v1")}, {"prefixes": ("/a$(X)/v1", "/v1")}),
    ({"keep_query": True, "body_limit": "1Mi"}, {"keep_query": True, "body_limit": 1024**2}),
    ({"splits": ("m1=vllm=80,sglang=20",)}, {"splits": {"m1": {"vllm": 80, "sglang": 20}}}),
    ({"strip_engine_fields": "always"}, {"strip_engine_fields": True}),
]


@pytest.mark.parametrize(("options", "wanted"), OPTIONS)
def test_the_settings_of_a_service_are_read_back(options: dict[str, Any], wanted: dict[str, Any]) -> None:
    objects = emitted("istio", body_to_header="ext-proc", image=IMAGE, **options)
    name = processor_of(objects)["metadata"]["name"]
    found = settings_of_service(Ref("ns", "Service", name), index_objects(objects))
    assert found is not None
    default = {"body_limit": found.body_limit} | wanted
    assert found == Settings(**default)
    assert found.body_limit > 4 * 1024**2 or "body_limit" in wanted


def test_a_service_without_its_deployment_has_no_settings() -> None:
    objects = emitted("istio", body_to_header="ext-proc", image=IMAGE)
    processor = processor_of(objects)
    left = [obj for obj in objects if obj is not processor]
    assert settings_of_service(Ref("ns", "Service", processor["metadata"]["name"]), index_objects(left)) is None


@settings(max_examples=50)
@given(st.lists(st.sampled_from(["--split", "m", "=", "--body-limit", "x", "--held-limit=1", "--path-prefix=/v2"])))
def test_unexpected_arguments_give_no_error(words: list[str]) -> None:
    objects = emitted("istio", body_to_header="ext-proc", image=IMAGE)
    processor = processor_of(objects)
    processor["spec"]["template"]["spec"]["containers"][0]["args"] = ["ext-proc", *words]
    found = settings_of_service(Ref("ns", "Service", processor["metadata"]["name"]), index_objects(objects))
    assert found is None or isinstance(found, Settings)
