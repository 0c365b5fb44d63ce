"""Which kinds a server has, with a server that is a dict; `tests/attack` has answers that are not complete."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.errors import ClusterError
from llmd_routes.kube.kinds import COMMON, ReadKind
from llmd_routes.reading.connection import Answer
from llmd_routes.reading.discovery import served_versions, top_of

from .test_cluster import Fake

POOL = ReadKind("inference.networking.k8s.io", ("v1", "v1beta1"), "inferencepools", "InferencePool")


def test_the_path_of_core_differs() -> None:
    assert (top_of("", "v1"), top_of("apps", "v1")) == ("/api/v1", "/apis/apps/v1")


def test_each_kind_has_its_first_version_that_is_there() -> None:
    both: dict[str, list[Any]] = {f"/apis/{POOL.group}/{version}/{POOL.plural}": [] for version in POOL.versions}
    assert served_versions(Fake(both), [POOL]) == {POOL: "v1"}
    assert served_versions(Fake({f"/apis/{POOL.group}/v1beta1/{POOL.plural}": []}), [POOL]) == {POOL: "v1beta1"}
    assert served_versions(Fake({}), [POOL]) == {}


def test_each_version_of_a_group_is_asked_for_once_and_no_other() -> None:
    fake = Fake({})
    served_versions(fake, COMMON)
    assert sorted(fake.asked) == ["/api/v1", "/apis", "/apis", "/apis/apps/v1"]


def test_discovery_that_is_forbidden_says_what_to_grant() -> None:
    fake = Fake({}, answers={"/apis": [Answer(403, {"message": "no"})]})
    with pytest.raises(ClusterError, match=r"^cluster c: /apis may not be read: no; grant the ClusterRole system:disc"):
        served_versions(fake, COMMON)
