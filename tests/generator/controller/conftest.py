"""A server in memory, and a connection to it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from llmd_routes.reading.connection import Server
from tests.api_server import ApiServer, api_server

from .cluster import connected


@pytest.fixture
def api() -> Iterator[ApiServer]:
    with api_server() as opened:
        yield opened


@pytest.fixture
def server(api: ApiServer, tmp_path: Path) -> Server:
    return connected(api, tmp_path)
