"""What an object of the input holds never reaches a terminal, a shell or a person as more than text.

Hostile words stand, one at a time, in every place of a manifest that holds text; each command prints in each form.
"""

from __future__ import annotations

import copy
import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from tests.golden import run

DATA = Path(__file__).parents[1] / "data"
# Escapes of terminals, both sets of controls, marks of direction, separators, and what a shell or YAML would read.
WORDS = {
    "escape": "a\x1b[2J\x1b]0;own\x07b",
    "C1": "a\x9b31mb",
    "direction": "a\u202eb\u2066c",
    "separator": "a\u2028b\x85c",
    "new line": "a\nerror: b",
    "half a pair": "a\ud800b",
    "shell": "$(touch own)`touch own`';touch own;\"",
    "option": "--server=https://example.com",
    "yaml": "a: b #c\n---\nkind: Pod",
    "accent": "équipe",
    "comma": "a,b",
    "empty": "",
    "long": "x" * 5000,
    "template": "{{ a }}${a}$(a)",
}
# New lines end lines; tabs do not occur.
HIDDEN = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
CHAT = ("--gateway", "inference-gateway", "http://x/v1/chat/completions", "-d", '{"model": "m"}')
COMMANDS = (
    ("generate",),
    ("generate", "-o", "json"),
    ("discover",),
    ("discover", "-o", "json"),
    ("discover", "-o", "yaml"),
    ("label",),
    ("label", "-o", "yaml"),
    ("label", "-o", "kustomize"),
    ("explain", "-o", "wide", *CHAT),
    ("explain", "-o", "json", *CHAT),
    ("doctor",),
    ("doctor", "-o", "json"),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every text."""
    if isinstance(value, str):
        yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from places(child, (*path, key))


def changed(objects: list[Any], path: tuple[Any, ...], word: str) -> list[Any]:
    made = copy.deepcopy(objects)
    inner: Any = made
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = word
    return made


def manifests(name: str) -> list[Any]:
    return list(YAML(typ="safe").load_all(DATA / name / "objects.yaml"))


def printed(folder: Path, objects: list[Any], command: tuple[str, ...]) -> tuple[int, str, str]:
    path = folder / "objects.json"
    path.write_text("\n".join(json.dumps(obj) for obj in objects), encoding="utf-8")
    done = run(command[0], "-f", str(path), *command[1:])
    return done.code, done.stdout, done.stderr


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("name", ["shared-labels", "two-engines"])
def test_a_hostile_word_stays_text(name: str, word: str, tmp_path: Path) -> None:
    objects = manifests(name)
    # Texts of the first workload and of what all share are enough; the others have the same.
    chosen = [path for path in places(objects) if path[0] < 2 or objects[path[0]]["kind"] not in ("Deployment",)]
    for number, path in enumerate(chosen):
        command = COMMANDS[number % len(COMMANDS)]
        code, stdout, stderr = printed(tmp_path, changed(objects, path, WORDS[word]), command)
        assert code in (0, 1, 2), (path, stderr[-2000:])
        assert not HIDDEN.search(stdout + stderr), (path, command)
        if command == ("label",):
            for line in stdout.splitlines():
                words = shlex.split(line)
                assert words[:2] == ["kubectl", "patch"] and words[-3] == "--"


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_an_owner_harms_nobody_else(word: str, command: tuple[str, ...], tmp_path: Path) -> None:
    objects = manifests("two-engines")
    engine = next(obj for obj in objects if "vllm" in obj["metadata"]["name"] and obj["kind"] == "Deployment")
    engine["metadata"]["annotations"] = {"llm-d.ai/owned-by": WORDS[word]}
    code, stdout, stderr = printed(tmp_path, objects, command)
    # The example has no route, so no engine gets a request.
    assert code == (1 if command[0] in ("explain", "doctor") else 0) and not HIDDEN.search(stdout + stderr)
    assert command[0] != "generate" or "as sglang" in stderr


@pytest.mark.parametrize("name", ["-x", "--server=https://example.com", "A", "a_b", "a/b", "..", "a b", "é", "x" * 254])
@pytest.mark.parametrize("member", ["name", "namespace"])
def test_names_that_no_cluster_takes_are_refused(name: str, member: str, tmp_path: Path) -> None:
    objects = manifests("shared-labels")
    objects[-1]["metadata"][member] = name
    code, stdout, stderr = printed(tmp_path, objects, ("label",))
    assert (code, stdout) == (2, "")
    assert f"metadata.{member}" in stderr and "is not a valid DNS name" in stderr
