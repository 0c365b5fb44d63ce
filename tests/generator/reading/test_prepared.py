"""What a command works on, narrowed by a label selector."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from llmd_routes.errors import InputError
from llmd_routes.kube.objects import Ref
from llmd_routes.reading.prepared import Prepared, prepare
from llmd_routes.reading.request import Input
from tests.generator.objects import deployment, vllm


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "objects.yaml"
    objects = [deployment(name, {"app": name}, vllm(name)) for name in "ab"]
    objects[0]["metadata"]["labels"] = {"team": "x"}
    path.write_text("\n---\n".join(map(json.dumps, objects)))
    return str(path)


def prepared(file: str, selector: str | None) -> Prepared:
    return prepare(Input((file,), False, (), False, None, None, (), None, False, selector=selector))


def test_without_a_selector(file: str) -> None:
    made = prepared(file, None)
    inventory, others = made.narrowed()
    assert made.selected() is None
    assert ([service.name for service in inventory.services], others) == (["a", "b"], ())


def test_with_a_selector(file: str) -> None:
    made = prepared(file, "team=x")
    inventory, (other,) = made.narrowed()
    assert made.selected() == frozenset({Ref("ns", "Deployment", "a")})
    assert ([service.name for service in inventory.services], other.name) == (["a"], "b")


@pytest.mark.parametrize(
    ("selector", "problem"), [("team=y", "-l team=y: matches no ModelService"), ("=", "invalid label selector")]
)
def test_a_selector_that_matches_nothing_or_is_none(file: str, selector: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        prepared(file, selector).narrowed()
