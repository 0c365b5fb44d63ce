"""The ResourceList of a function: ours is added, all else stays as it is written."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from llmd_routes.errors import InputError
from llmd_routes.notices import Notice
from llmd_routes.output.render import Manifest
from llmd_routes.output.resource_list import config_of, with_items

OURS = Manifest("kind: Ours\ntext: |\n  a\n\n  b\n", {"kind": "Ours", "text": "a\n\nb\n"})
NOTICE = Notice("tls", "ModelService a", "speaks TLS", "use it")
RESULT = {"message": "ModelService a: speaks TLS; use it", "severity": "warning", "tags": {"code": "tls"}}


def loaded(text: str) -> Any:
    return YAML(typ="safe", pure=True).load(text)


LISTS = [
    "kind: ResourceList\nitems:\n- a: 1 # one\n  b:\n  - x\n# of two\n- a: 2\nfunctionConfig:\n  spec: {}\n",
    "kind: ResourceList\nfunctionConfig: {spec: {a: [b]}}\nitems:\n  - a: 1\n  - |\n    text\n\n",
    "---\n# first\nkind: ResourceList\nitems:\n    - items:\n      - a: [1, {b: 2}]\nfunctionConfig: &x {}\nmore: *x\n",
    "kind: ResourceList\nitems:\n- a: 1",
    "kind: ResourceList\nitems:\n- a: 1\n...\n",
]


@pytest.mark.parametrize("text", LISTS[:4])
def test_every_line_stays_and_ours_comes_after_the_items(text: str) -> None:
    made = with_items(text, [OURS], [NOTICE])
    before, after = loaded(text), loaded(made)
    assert after == {**before, "items": [*before["items"], OURS.obj], "results": [RESULT]}
    rest = iter(made.splitlines())
    assert all(line in rest for line in text.splitlines())


@pytest.mark.parametrize(
    "text",
    [
        "kind: ResourceList\nitems: [] # none\n",
        "kind: ResourceList\n",
        "kind: ResourceList\nitems:\n- a: 1 # kept\nresults:\n- message: of others\n",
        "{kind: ResourceList, items: [{a: 1}]}\n",
        "{kind: ResourceList, items: [{a: 0:0}]}\n",
        "kind: ResourceList\nitems:\n",
        json.dumps({"kind": "ResourceList", "items": [{"a": 1}]}),
    ],
)
def test_what_has_no_place_for_lines_is_written_anew(text: str) -> None:
    made = with_items(text, [OURS], [NOTICE])
    before, after = loaded(text), loaded(made)
    results = [*before.get("results", []), RESULT]
    assert after == {**before, "items": [*(before.get("items") or []), OURS.obj], "results": results}
    assert text.startswith('{"') == made.startswith('{\n  "')
    assert ("# kept" in text) == ("# kept" in made)


def test_nothing_is_said_where_nothing_is_to_be_said() -> None:
    assert "results" not in with_items(LISTS[0], [OURS], [])
    assert "results" not in with_items("kind: ResourceList\nitems: []\n", [OURS], [])


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text("ab1 :#-'\"\n"),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.lists(st.dictionaries(st.sampled_from("abc"), VALUES, min_size=1), min_size=1, max_size=4), st.booleans(), VALUES
)
def test_any_list(items: list[Any], is_json: bool, config: Any) -> None:
    given = {"kind": "ResourceList", "items": items, "functionConfig": config}
    yaml, stream = YAML(typ="safe", pure=True), io.StringIO()
    yaml.default_flow_style = False
    yaml.dump(given, stream)
    text = json.dumps(given) if is_json else stream.getvalue()
    assert loaded(with_items(text, [OURS], [])) == {**given, "items": [*items, OURS.obj]}


def test_options_stand_in_the_function_config() -> None:
    listed = (
        "kind: ResourceList\nitems: []\nfunctionConfig:\n  kind: {}\n  spec: {gateway: [a]}\n  data: {gateway: b c}\n"
    )
    assert config_of(listed.replace("{}", "Routes", 1)) == {"gateway": ["a"]}
    assert config_of(listed.replace("{}", "ConfigMap", 1)) == {"gateway": "b c"}
    assert config_of("kind: ResourceList\n") == {}
    for text in ("", "kind: Deployment\n", "a: [\n", "- 1\n", "kind: ResourceList\n---\nkind: ResourceList\n"):
        with pytest.raises(InputError, match="not a ResourceList"):
            config_of(text)
