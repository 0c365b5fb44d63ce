"""InferencePools where the gateway supports them, else Services."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.errors import Problems
from llmd_routes.kube.objects import Ref
from llmd_routes.model.inventory import Platform
from llmd_routes.model.plan import Attachment
from llmd_routes.planning.backend_kind import notices_of_kind, why_services
from tests.generator.options import to_options

WHY = "kgateway no longer routes to InferencePools (a Gateway of class agentgateway does)"


def attached(*implementations: str) -> list[Attachment]:
    return [Attachment(Ref("ns", "Gateway", f"gw-{name}"), name) for name in implementations]


@pytest.mark.parametrize(
    ("implementations", "backend", "reason"),
    [
        (["istio"], "auto", None),
        (["istio"], "pool", None),
        (["istio"], "service", "--backend service"),
        (["kgateway"], "auto", WHY),
        (["istio", "kgateway"], "auto", WHY),
    ],
)
def test_what_routes_reference(implementations: list[str], backend: Any, reason: str | None) -> None:
    problems = Problems()
    options = to_options(backend=backend)
    assert why_services(attached(*implementations), Platform(), options, problems) == reason
    assert problems.lines == ()


def test_pools_that_a_gateway_does_not_support() -> None:
    problems = Problems()
    assert why_services(attached("istio", "kgateway"), Platform(), to_options(backend="pool"), problems) is None
    assert problems.lines == (f"--backend pool: Gateway ns/gw-kgateway: {WHY}; pass --backend service",)


def test_a_choice_that_the_program_made_is_reported() -> None:
    (notice,) = notices_of_kind(attached("istio", "kgateway"), Platform(), to_options())
    assert notice.message == f"{WHY}, so the routes reference Services"
    assert list(notices_of_kind(attached("kgateway"), Platform(), to_options(backend="service"))) == []


def test_what_users_of_pools_must_know() -> None:
    (notice,) = notices_of_kind(attached("gke"), Platform(), to_options())
    assert (notice.code, notice.object) == ("implementation", "Gateway ns/gw-gke")
