from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from llmd_routes.reading.documents import parse
from llmd_routes.values import MAX_DEPTH

HEAD = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"


def data(line: str) -> Any:
    """Return the value of `x` in a Service with this line."""
    parsed = parse(f"{HEAD}{line}\n", "a.yaml")
    assert not parsed.problems
    return parsed.documents[0].obj["x"]


def test_the_c_parser_is_there() -> None:
    assert YAML(typ="safe", pure=False).Parser.__name__ == "CParser"


# What kubectl reads, which is YAML 1.1 without base 60 and timestamps.
SCALARS = [
    ("x: yes", True),
    ("x: Off", False),
    ("x: y", True),
    ("x: ~", None),
    ("x:", None),
    ("x: 0755", 493),
    ("x: 0o17", 15),
    ("x: 0x1F", 31),
    ("x: -12", -12),
    ("x: 1_000", 1000),
    ("x: 12:30", "12:30"),
    ("x: 2024-01-01", "2024-01-01"),
    ("x: 1e3", 1000),
    ("x: 1.5", 1.5),
    ("x: .inf", ".inf"),
    ("x: v1.0", "v1.0"),
    ('x: "yes"', "yes"),
    ("x: '8000'", "8000"),
    ("x: !!str 8000", "8000"),
    ('x: !!int "8000"', 8000),
    ("x: [1, two]", [1, "two"]),
    ("x: {uri: hf://org/model, image: name:tag}", {"uri": "hf://org/model", "image": "name:tag"}),
    ("x: {yes: 1, 2: b}", {"true": 1, "2": "b"}),
    ("x: |\n  a\n  b", "a\nb\n"),
]


@pytest.mark.parametrize(("line", "value"), SCALARS, ids=[row[0] for row in SCALARS])
def test_scalars(line: str, value: Any) -> None:
    found = data(line)
    assert found == value
    assert type(found) is type(value)


def test_the_last_of_duplicate_keys_wins_with_a_notice() -> None:
    parsed = parse(f"{HEAD}x: 1\ny: 2\nx: 3\n", "a.yaml")
    assert parsed.documents[0].obj["x"] == 3
    assert [(n.code, n.object, n.message) for n in parsed.notices] == [("duplicate-key", "a.yaml:6", "duplicate key x")]


def test_duplicate_keys_of_json() -> None:
    parsed = parse('{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a", "name": "b"}}', "a.json")
    assert parsed.documents[0].obj["metadata"] == {"name": "b"}
    assert [n.object for n in parsed.notices] == ["a.json:1"]


def test_merge_keys_are_overridden_without_a_notice() -> None:
    parsed = parse(f"{HEAD}base: &b {{k: 1, l: 2}}\nx:\n  <<: *b\n  l: 3\n", "a.yaml")
    assert parsed.documents[0].obj["x"] == {"k": 1, "l": 3}
    assert parsed.notices == ()


def test_documents_lists_and_nulls() -> None:
    text = (
        "# only a comment\n---\nnull\n---\n"
        + HEAD
        + "---\napiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n  kind: Pod\n  metadata: {name: b}\n"
        + "---\napiVersion: apps/v1\nkind: DeploymentList\nitems:\n- metadata: {name: c}\n"
        + "---\napiVersion: v1\nkind: List\nitems: null\n"
    )
    parsed = parse(text, "a.yaml")
    assert parsed.problems == ()
    assert [(d.obj["kind"], d.obj["metadata"]["name"], d.place) for d in parsed.documents] == [
        ("Service", "a", "a.yaml:5"),
        ("Pod", "b", "a.yaml:12"),
        ("Deployment", "c", "a.yaml:19"),
    ]


def test_concatenated_json() -> None:
    one = json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}, indent=1)
    two = one.replace('"a"', '"b"')
    parsed = parse(f"{one}\n{two}\n", "a.json")
    assert [(d.obj["metadata"]["name"], d.line) for d in parsed.documents] == [("a", 1), ("b", 8)]


BAD = [
    ("a: [1\nb: 2\n", "a.yaml:2: invalid YAML: "),
    ("x: {{ .Values.x }}\n", "; render the template first (helm template)"),
    ('{"a": 1,}', "a.yaml:1: not a Kubernetes object: no apiVersion and kind; pass manifests only"),
    ('{"a": 1', "a.yaml:1: invalid JSON: "),
    ("just text\n", "a.yaml:1: not a Kubernetes object: no apiVersion and kind; pass manifests only"),
    ("kind: Pod\n", "a.yaml:1: not a Kubernetes object: no apiVersion; pass manifests only"),
    ("apiVersion: v1\nkind: [Pod]\n", "a.yaml:1: not a Kubernetes object: no kind; pass manifests only"),
    ("apiVersion: v1\nkind: Pod\n", "a.yaml:1: Pod: no metadata.name; set metadata.name"),
    (
        "apiVersion: v1\nkind: Pod\nmetadata: {name: '${NAME}'}\n",
        "a.yaml:1: Pod: metadata.name holds ${NAME}, which is not rendered; render the manifest",
    ),
    ("x: *nowhere\n", "the alias *nowhere references no anchor above it"),
    ("x: &a [*a]\n", "the alias *a is inside the node that it references"),
    ("? [a]\n: b\n", "a mapping or list is used as a key"),
    ("x: {<<: 3}\n", "the merge key << requires a mapping or a list of mappings"),
    ("x: " + "[" * 300 + "]" * 300, f"nested more than {MAX_DEPTH} levels deep"),
    ('{"x": ' + "[" * 300 + "]" * 300 + "}", f"nested more than {MAX_DEPTH} levels deep"),
    ("\x00", "a.yaml:1: invalid YAML: "),
]


@pytest.mark.parametrize(("text", "problem"), BAD, ids=range(len(BAD)))
def test_bad_documents_are_one_line_each(text: str, problem: str) -> None:
    parsed = parse(text, "a.yaml")
    assert parsed.documents == ()
    assert len(parsed.problems) == 1
    assert problem in parsed.problems[0]
    assert "\n" not in parsed.problems[0]


def test_a_bad_document_does_not_hide_the_others() -> None:
    parsed = parse(f"a: [\n---\n{HEAD}---\nb: ]\n", "a.yaml")
    assert [d.place for d in parsed.documents] == ["a.yaml:3"]
    assert [problem.split(" ")[0] for problem in parsed.problems] == ["a.yaml:2:", "a.yaml:7:"]


def test_an_alias_bomb_is_refused() -> None:
    levels = "".join(f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 9)}]\n" for n in range(1, 10))
    parsed = parse(f"x0: &x0 [a]\n{levels}", "a.yaml")
    assert "aliases expand to more than" in parsed.problems[0]


def test_tolerant_turns_what_is_no_object_into_a_notice() -> None:
    parsed = parse(f"replicas: 1\n---\n{HEAD}", "values.yaml", tolerant=True)
    assert [d.line for d in parsed.documents] == [3]
    assert parsed.problems == ()
    assert [(n.code, n.object) for n in parsed.notices] == [("not-an-object", "values.yaml:1")]


@given(st.text())
def test_any_text_gives_a_value_and_never_a_traceback(text: str) -> None:
    assert all("\n" not in problem for problem in parse(text, "-").problems)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
        lambda c: st.lists(c) | st.dictionaries(st.text(), c),
    )
)
def test_json_reads_as_itself(value: Any) -> None:
    obj = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}, "x": value}
    parsed = parse(json.dumps(obj), "-")
    assert [d.obj for d in parsed.documents] == [obj]
