"""Placeholders of tools that render manifests, and what only looks like them."""

from __future__ import annotations

import pytest

from llmd_routes.text.placeholders import placeholder_in


@pytest.mark.parametrize(
    ("value", "placeholder"),
    [
        ("${MODEL}", "${MODEL}"),
        ("org/${MODEL:-qwen}-it", "${MODEL:-qwen}"),
        ("{{ .Values.model }}", "{{ .Values.model }}"),
        ("a {{ b\n}} c {{ d }}", "{{ b\n}}"),
        ("$(MODEL)", None),
        ("$MODEL", None),
        ("${}", None),
        ("${1}", None),
        ('{"a": {"b": 1}}', None),
        ("", None),
    ],
)
def test_the_first_placeholder(value: str, placeholder: str | None) -> None:
    assert placeholder_in(value) == placeholder
