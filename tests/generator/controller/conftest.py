"""A server in memory, a connection to it, and shorter pauses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from llmd_routes.controller import election, loop
from llmd_routes.reading import informers
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


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait less than beside a real cluster; the order of what happens is the same."""
    monkeypatch.setattr(loop, "_QUIET", 0.02)
    monkeypatch.setattr(loop, "_TICK", 0.05)
    monkeypatch.setattr(loop, "_PAUSES", (0.2, 1.0))
    monkeypatch.setattr(informers, "_SHORTEST", 0.1)
    monkeypatch.setattr(informers, "_PAUSES", (0.1, 0.5))
    monkeypatch.setattr(election, "DURATION", 3)
    monkeypatch.setattr(election, "_DEADLINE", 2)
    monkeypatch.setattr(election, "_MARGIN", 0.5)
