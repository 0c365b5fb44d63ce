"""Which reading the options ask for, and which options contradict it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from llmd_routes.errors import InputError
from llmd_routes.kube.objects import Ref
from llmd_routes.reading.request import Beside, Input, connection_of, read, read_beside
from tests.generator.objects import deployment, gateway, vllm

NOTHING = Input((), False, (), False, None, None, (), None, False)


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "objects.json"
    path.write_text(json.dumps(gateway()))
    return str(path)


def test_files_are_read_for_the_namespaces_that_are_named(file: str) -> None:
    reading, namespaces = read(replace(NOTHING, files=(file,), namespaces=("a",)))
    assert (reading.objects, namespaces) == ((gateway(),), ("a",))


@pytest.mark.parametrize(
    ("given", "option"),
    [
        ({"context": "c"}, "--context"),
        ({"ask_engines": True}, "--ask-engines"),
        ({"allow_missing": ("x",)}, "--allow-missing"),
    ],
)
def test_options_about_a_cluster_contradict_files_unless_a_variable_set_them(
    given: dict[str, Any], option: str, file: str
) -> None:
    with pytest.raises(
        InputError, match=f"{option}: applies only to a cluster, and -f reads files; remove one of them"
    ):
        read(replace(NOTHING, files=(file,), **given))
    assert read(replace(NOTHING, files=(file,), standing=frozenset(given), **given))[0].problems == ()


def test_which_cluster_may_be_said_where_files_are_compared_with_it(file: str) -> None:
    assert read(replace(NOTHING, files=(file,), context="c"), compares=True)[0].problems == ()


def test_what_excludes_each_other_and_what_is_no_duration() -> None:
    with pytest.raises(InputError, match="-A and -n: mutually exclusive"):
        read(replace(NOTHING, namespaces=("a",), all_namespaces=True))
    with pytest.raises(InputError, match="--request-timeout soon: invalid duration"):
        connection_of(replace(NOTHING, request_timeout="soon"))


def test_manifests_of_a_text_are_told_from_those_beside_it(file: str) -> None:
    text = json.dumps(deployment("a", {}, vllm("m"), namespace=None))
    reading, own = read_beside(Beside((file,), False, "mine", None), text)
    assert own == {Ref("mine", "Deployment", "a")} and len(reading.objects) == 2
    with pytest.raises(InputError, match="-f -: stdin already holds the manifests"):
        read_beside(Beside(("-",), False, None, None), text)


@pytest.mark.parametrize(
    ("name", "fact"),
    [
        ("", "empty; pass the name of a namespace, or remove the option"),
        ("a,b", "invalid namespace name; pass -n once for each namespace"),
        ("Upper", "invalid namespace name; use lower case letters, digits and dashes"),
        ("a/b", "invalid namespace name; "),
        ("-x", "invalid namespace name; "),
        ("x" * 64, "invalid namespace name; "),
    ],
)
def test_a_namespace_that_cannot_exist(name: str, fact: str, file: str) -> None:
    words = f"-n {name}" if name else "-n"
    with pytest.raises(InputError) as caught:
        read(replace(NOTHING, files=(file,), namespaces=("good", name)))
    assert str(caught.value).startswith(f"{words}: {fact}")
    with pytest.raises(InputError) as caught:
        read_beside(Beside((), False, name, None), json.dumps(gateway()))
    assert str(caught.value).startswith(f"{words}: {fact}")
