"""Fixtures of the shared scene: `scene`, the guide's two engines with a Gateway and without routes."""

from collections.abc import Iterator

import pytest

from tests.bench.scene.cluster import Cluster
from tests.bench.scene.scene import Scene, open_scene


@pytest.fixture(scope="package")
def scene(cluster: Cluster) -> Iterator[Scene]:
    """Two engines with their pools and endpoint pickers; no object of llmd-routes."""
    with open_scene(cluster, "two-engines", "one-scene") as opened:
        yield opened
