"""One Envoy with the filter of the table's settings, for all tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from llmd_routes.gateways.istio.body_filter import plan_filter
from llmd_routes.kube.objects import Ref
from llmd_routes.model.bodies import Bodies
from llmd_routes.model.plan import Attachment
from llmd_routes.output.render import render_printed
from llmd_routes_sidecar.catalog import Catalog
from llmd_routes_sidecar.extraction import Settings
from llmd_routes_sidecar.owners import MODEL_HEADER
from tests.sidecar.vectors import SETTINGS

from .process import Envoy, Obj, envoy
from .upstream import Upstream, upstream

# Tells whether the route was looked for again once the headers were there.
ROUTES: list[Obj] = [
    {
        "match": {"prefix": "/", "headers": [{"name": MODEL_HEADER, "present_match": True}]},
        "route": {"cluster": "upstream", "timeout": "0s"},
        "request_headers_to_add": [{"header": {"key": "x-matched", "value": "model"}}],
    },
    {"match": {"prefix": "/"}, "route": {"cluster": "upstream", "timeout": "0s"}},
]


def filter_of(settings: Settings, catalog: Catalog | None = None) -> Obj:
    """Return the EnvoyFilter that is emitted for an installation."""
    gateway = Attachment(Ref("gateways", "Gateway", "gateway"), "istio")
    (planned,) = plan_filter(Ref("gateways", "EnvoyFilter", "llm"), gateway, Bodies(settings, catalog=catalog))
    return dict(render_printed(planned, "llm").obj)


@pytest.fixture(scope="session")
def behind() -> Iterator[Upstream]:
    """What stands behind the gateway."""
    with upstream() as server:
        yield server


@pytest.fixture(scope="session")
def reading(behind: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Envoy]:
    """A gateway that reads bodies itself; its filter never failed when all tests are over."""
    folder: Path = tmp_path_factory.mktemp("envoy")
    with envoy(folder, behind.port, ROUTES, filter_of(SETTINGS)) as running:
        yield running
        assert running.stat("http.llm.lua.errors") == 0
        # It ran for every request of whichever tests this process has run.
        assert running.stat("http.llm.lua.executions") == running.stat("http.llm.downstream_rq_total") > 0
    assert "script log" not in (folder / "envoy.log").read_text()
