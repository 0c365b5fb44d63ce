"""The endpoint picker of an InferencePool, and whether it serves TLS."""

from __future__ import annotations

from dataclasses import replace

import pytest

from llmd_routes.gateways.envoy.pickers import Picker, picker_of
from llmd_routes.kube.objects import ServicePort
from tests.generator.objects import Obj, epp, service

from .planned import OAK, OAK_POOL, backend_of

LABELS = {"inferencepool": "oak-epp"}


def picker(*arguments: str) -> list[Obj]:
    return [epp("oak-epp", "--pool-name=oak", *arguments, labels=LABELS), service("oak-epp", LABELS)]


@pytest.mark.parametrize(
    ("objects", "tls"),
    [
        # TLS is the default of pickers.
        ([OAK_POOL], True),
        ([OAK_POOL, *picker()], True),
        ([OAK_POOL, *picker("--secure-serving=false")], False),
        # The pool is created.
        (picker("--secure-serving=false"), False),
    ],
)
def test_the_service_that_the_pool_names(objects: list[Obj], tls: bool) -> None:
    assert picker_of(backend_of(OAK, *objects)) == Picker(ServicePort("ns", "oak-epp", 9002), tls)


def test_a_pool_without_a_known_picker() -> None:
    backend = backend_of(OAK, OAK_POOL)
    assert backend.there is not None
    assert str(picker_of(replace(backend, there=None))) == (
        "InferencePool ns/oak: its endpoint picker is unknown, because the InferencePool is not in the input;"
        " add the InferencePool, with its endpointPickerRef, to the input"
    )
    assert str(picker_of(replace(backend, there=replace(backend.there, epp=None)))) == (
        "InferencePool ns/oak: names no endpoint picker;"
        " add the InferencePool, with its endpointPickerRef, to the input"
    )
