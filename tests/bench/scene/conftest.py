"""Fixtures of scenes: `cluster`, which serves the whole run. A scene is a namespace of it."""

from collections.abc import Iterator

import pytest

from tests.bench.bench import find_toolchain
from tests.bench.gobuild import SCENE
from tests.bench.network import is_open
from tests.bench.progress import Report

from .cluster import Cluster, open_cluster


@pytest.fixture(scope="session")
def cluster(bench_etcd: str, tmp_path_factory: pytest.TempPathFactory, bench_report: Report) -> Iterator[Cluster]:
    """A cluster in which pods run."""
    if not is_open():
        pytest.fail("pods need a network of their own: run `python -m tests.bench`", pytrace=False)
    folder = tmp_path_factory.mktemp("scene")
    toolchain = find_toolchain(bench_report, SCENE)
    with open_cluster(toolchain, bench_etcd, folder, bench_report) as opened:
        yield opened
