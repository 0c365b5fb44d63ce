"""Look-ups in one input: objects by kind, ConfigMaps by namespace."""

from __future__ import annotations

from llmd_routes.kube.index import Objects
from llmd_routes.kube.namespaces import Namespaces
from llmd_routes.kube.objects import Ref
from tests.generator.objects import config_map, gateway, pool

FOUND = Objects(
    (gateway(), config_map("c", {"k": 1}), config_map("c", {"k": "2"}, namespace=None), pool("p", {})),
    Namespaces("assumed", (), assume=True),
)


def test_config_maps_are_those_of_one_namespace() -> None:
    assert FOUND.config_maps("ns")("c") == {"k": "1"}
    assert FOUND.config_maps("assumed")("c") == {"k": "2"}
    assert FOUND.config_maps("other")("c") is None


def test_objects_by_kind_and_group() -> None:
    assert [FOUND.ref(each) for each in FOUND.of("InferencePool", "inference.networking.k8s.io")] == [
        Ref("ns", "InferencePool", "p")
    ]
    assert FOUND.of("InferencePool", "inference.networking.x-k8s.io") == []
    assert not FOUND.taken_by_pool({}, "ns")
