"""A new engine is one file and one line: everything else learns of it from there."""

from __future__ import annotations

import pytest

from llmd_routes.inventory.build import build_inventory
from llmd_routes.pods import engines
from llmd_routes.pods.engines.engine import Engine, Grammar
from tests.generator.objects import container, deployment

MADE_UP = Engine(
    name="made-up",
    programs=(("made-up-server",),),
    images=(r"(^|/)made-up$",),
    port=7777,
    grammar=Grammar(flags=frozenset(("loud",))),
    name_options=("serves",),
    names_by_comma=True,
    port_env="MADE_UP_PORT",
    rank=-1,
)


@pytest.fixture(autouse=True)
def added(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engines, "ENGINES", (*engines.ENGINES, MADE_UP))


def test_it_is_recognised_by_its_command() -> None:
    words = ["--loud", "--serves", "a,b", "--model", "org/m"]
    program = container(
        "s", "example.com/any:1", ["made-up-server"], words, env=[{"name": "MADE_UP_PORT", "value": "9"}]
    )
    (service,) = build_inventory([deployment("a", {"app": "a"}, program)]).services
    assert (service.engine, service.owned_by, service.models, service.ports) == ("made-up", "made-up", ("a", "b"), (9,))


def test_it_is_recognised_by_its_image() -> None:
    program = container("s", "example.com/made-up:1", args=["--model", "org/m"])
    (service,) = build_inventory([deployment("a", {"app": "a"}, program)]).services
    assert (service.engine, service.models, service.ports) == ("made-up", ("org/m",), (7777,))


def test_it_is_the_default_before_others() -> None:
    assert engines.by_rank()[0] == "made-up"
