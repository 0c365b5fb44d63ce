"""Texts of JSON objects of any kind, as a strategy."""

from __future__ import annotations

import json

from hypothesis import strategies as st

NAMES = st.sampled_from(["model", "owned_by", "engine", "inference_server", "x", "modél", "mod\u0065l", 'a"b', "\\"])
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(["vllm", " SGLang\t", "default", "org/m", "a, b", "{", '"', "\\", "\u212a", "TRTLLM"]),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | NAMES, inner),
    max_leaves=10,
)
MEMBERS = st.lists(st.tuples(NAMES, VALUES), max_size=8)
SPACE = st.text(" \t\r\n", max_size=2)


@st.composite
def objects(draw: st.DrawFn) -> bytes:
    """Texts of JSON objects: names may repeat and be escaped, white space is anywhere."""

    def name(text: str) -> str:
        escaped = "".join(f"\\u{ord(letter):04x}" if draw(st.booleans()) else letter for letter in text)
        return f'"{escaped}"' if text.isidentifier() else json.dumps(text)

    members = [
        f"{draw(SPACE)}{name(key)}{draw(SPACE)}:{draw(SPACE)}{json.dumps(value, ensure_ascii=draw(st.booleans()))}"
        for key, value in draw(MEMBERS)
    ]
    text = draw(SPACE) + "{" + ",".join(members) + draw(SPACE) + "}" + draw(SPACE)
    return text.encode("utf-8", "replace")
