"""The table of engines holds together: each is found by what it says of itself, and by nothing of another."""

from __future__ import annotations

import pytest

from llmd_routes.pods.engines import (
    ENGINES,
    USUAL,
    by_command,
    by_container_name,
    by_name,
    by_rank,
    health_path_of,
    is_strict,
    known,
    named,
    served_by_unknown,
)
from llmd_routes.pods.engines.engine import Engine
from llmd_routes_sidecar.owners import ALIASES, normalise


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: f"{engine.name}-{engine.port}")
def test_each_is_started_by_its_programs(engine: Engine) -> None:
    for program in engine.programs:
        found = by_command([*program, "--port", "1"])
        assert found is not None and (found[0].name, found[1]) == (engine.name, ["--port", "1"])
    assert all(by_container_name(name) is engine for name in engine.container_names)
    assert normalise(engine.name) == engine.name == known(engine.name)


def test_names_mean_engines_and_never_simulators() -> None:
    assert all(not by_name(engine.name).simulator for engine in ENGINES if not engine.simulator)
    assert (named("nothing"), named(None), known("nothing"), known(None)) == (None, None, None, None)
    assert named("vllm") is USUAL and not USUAL.simulator


def test_each_has_a_path_that_shows_its_health() -> None:
    assert all(health_path_of(engine.name).startswith("/") for engine in ENGINES)
    assert (health_path_of("vllm"), health_path_of(None), health_path_of("nim")) == (
        "/health",
        "/health",
        "/v1/health/ready",
    )


def test_aliases_are_of_engines_of_the_table() -> None:
    assert {known(alias) for alias in ALIASES} == set(ALIASES.values())


def test_the_order_of_defaults_is_that_of_ranks() -> None:
    ranked = [
        engine.rank for name in by_rank() for engine in ENGINES if engine.name == name and engine.rank is not None
    ]
    assert ranked == sorted(ranked) and by_rank()[0] == "vllm"


@pytest.mark.parametrize(
    ("words", "rest"),
    [
        (["mine", "serve", "m"], ["m"]),
        (["vllm", "serve", "m"], None),
        (["mine", "run", "m"], None),
        (["mine", "serve"], None),
        (["-x", "serve", "m"], None),
    ],
)
def test_programs_that_no_row_knows(words: list[str], rest: list[str] | None) -> None:
    assert served_by_unknown(words) == rest


def test_an_engine_that_is_only_spoken_of_is_not_started() -> None:
    assert by_command(["echo", "vllm", "serve"]) is None and by_command([]) is None
    assert is_strict("tensorrt_llm") and not is_strict("vllm") and not is_strict(None)
