"""Behind an Envoy of llmd-routes, stand-alone routers and InferencePools serve side by side."""

from __future__ import annotations

import pytest

from llmd_routes.errors import PlanError
from tests.generator.gateways.envoy.planned import ELM, ELM_POOL, OAK, OAK_POOL, planned, router
from tests.generator.objects import service


def targets(*objects: object, **options: object) -> list[str]:
    return [str(backend.target) for backend in planned(*objects, **options).backends]  # type: ignore[arg-type]


def test_a_router_is_preferred_to_a_pool() -> None:
    both = (OAK, OAK_POOL, *router(), ELM, ELM_POOL)
    assert targets(*both) == ["InferencePool ns/elm", "Service ns/oak-epp"]
    assert targets(*both, backend="pool") == ["InferencePool ns/elm", "InferencePool ns/oak"]


def test_a_plain_service_must_be_asked_for() -> None:
    plain = (OAK, service("oak", {"app": "oak"}, port=8000))
    with pytest.raises(PlanError, match="no InferencePool selects its pods"):
        planned(*plain)
    assert targets(*plain, backend="service") == ["Service ns/oak"]
