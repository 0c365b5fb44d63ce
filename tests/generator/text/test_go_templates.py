"""What is known goes into templates, and nothing is evaluated."""

from __future__ import annotations

from llmd_routes.text.go_templates import decided, filled

VALUES = {".Name": "a", ".Spec.Model": "m"}


def test_known_expressions_are_replaced_at_any_depth() -> None:
    value = {"args": ["--x={{ .Name }}", "{{- .Spec.Model -}}", 1], "other": "{{ .Other }}"}
    assert filled(value, VALUES) == {"args": ["--x=a", "m", 1], "other": "{{ .Other }}"}
    assert filled("{{ .Other }}-{{.Name}}", VALUES, other="?") == "?-a"


def test_of_a_choice_that_nobody_knows_all_is_there() -> None:
    assert filled("{{ if .X }}a{{ else }}b{{ end }}", VALUES) == "ab"


def test_a_choice_is_decided() -> None:
    text = "x {{ if .TLS }}s{{ else }}p{{ end }} {{- if .TLS }}!{{ end }}"
    assert decided(text, ".TLS", True) == "x s !"
    assert decided([text], ".TLS", False) == ["x p "]
    assert decided({"a": text}, ".Other", True) == {"a": text}


def test_nested_choices_stay() -> None:
    nested = "{{ if .TLS }}{{ .Name }}{{ end }}"
    assert decided(nested, ".TLS", True) == nested
