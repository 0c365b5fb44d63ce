"""Expands the raw words of shell scripts: quotes off, known variables in, values split. Pure, never raises.

What only a running shell could know (`$(cmd)`, `$((1+1))`, variables of no known value) keeps its text in the word, so
that callers see it as unresolved. Spec: Shell Command Language,
https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .shell_words import skip_unit

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BRACED = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*|[@*#?0-9]+)(?:(\[[@*]\])|(:?[-=+?])(.*))?\}", re.DOTALL)
_BLANKS = re.compile(r"[ \t\n]+")
_DOUBLE_QUOTE = re.compile(r'(?<!\\)"')


@dataclass
class Variables:
    """Values that a script can use: `values` by name, `arrays` by name, and the arguments `$1...`."""

    values: dict[str, str] = field(default_factory=dict)
    arrays: dict[str, list[str]] = field(default_factory=dict)
    arguments: Sequence[str] = ()


def expand(raw: str, variables: Variables) -> list[str]:
    """Return the words that one raw word becomes: quotes removed, variables put in, unquoted values split at blanks."""
    whole = _array(raw, variables)
    if whole is not None:
        return whole
    return [text for text, kept in _fields(raw, variables) if text or kept]


def _fields(raw: str, variables: Variables) -> list[tuple[str, bool]]:
    """Return the fields of a raw word; the second item says that quotes keep the field even when it is empty."""
    fields = [("", False)]
    at = 0
    while at < len(raw):
        end = skip_unit(raw, at)
        unit = raw[at:end]
        if unit == "$":
            end = _variable_end(raw, at)
            unit = raw[at:end]
        at = end
        if unit.startswith("$") and not unit.startswith(("$'", '$"')):
            parts = _expansion(unit, variables)
        else:
            parts = [(_unquoted(unit, variables), unit[:1] in "'\"")]
        text, kept = fields[-1]
        fields[-1] = (text + parts[0][0], kept or parts[0][1])
        fields += parts[1:]
    return fields


def _expansion(unit: str, variables: Variables) -> list[tuple[str, bool]]:
    """Return the fields of an unquoted expansion: its value split at blanks, or the fields of its default."""
    value, is_default = _value(unit, variables)
    if is_default:
        return [field for word in _at_blanks(value) for field in _fields(word, variables)]
    parts = [value] if value == unit else _BLANKS.split(value)
    return [(part, False) for part in parts]


def _at_blanks(text: str) -> list[str]:
    """Split raw text at blanks that are not quoted; quotes stay on, and blanks at an end leave an empty word there."""
    found = [""]
    at = 0
    while at < len(text):
        end = skip_unit(text, at)
        if text[at] in " \t\n":
            found += [""] if found[-1] or len(found) == 1 else []
        else:
            found[-1] += text[at:end]
        at = end
    return found


def _array(raw: str, variables: Variables) -> list[str] | None:
    if raw in ('"$@"', "$@", "$*", '"${@}"'):
        return list(variables.arguments)
    match = re.fullmatch(r'"?\$\{([A-Za-z_][A-Za-z0-9_]*)\[[@*]\]\}"?', raw)
    return list(variables.arrays[match[1]]) if match and match[1] in variables.arrays else None


def _unquoted(unit: str, variables: Variables) -> str:
    if unit.startswith("\\"):
        return "" if unit == "\\\n" else unit[1:]
    if unit.startswith("'"):
        return unit[1:-1] if len(unit) > 1 and unit.endswith("'") else unit[1:]
    if not unit.startswith('"'):
        return unit
    inner = unit[1:-1] if len(unit) > 1 and unit.endswith('"') else unit[1:]
    out: list[str] = []
    at = 0
    while at < len(inner):
        if inner[at] == "\\" and inner[at + 1 : at + 2] in ('"', "\\", "$", "`", "\n"):
            out.append("" if inner[at + 1] == "\n" else inner[at + 1])
            at += 2
        elif inner[at] == "$":
            end = skip_unit(inner, at) if inner.startswith(("$(", "${"), at) else _variable_end(inner, at)
            value, is_default = _value(inner[at:end], variables)
            # Double quotes inside the default of a quoted expansion go away, single ones stay.
            out.append(_unquoted(f'"{_DOUBLE_QUOTE.sub("", value)}"', variables) if is_default else value)
            at = end
        else:
            out.append(inner[at])
            at += 1
    return "".join(out)


def _variable_end(text: str, at: int) -> int:
    match = _NAME.match(text, at + 1)
    if match:
        return match.end()
    return at + 2 if text[at + 1 : at + 2] and text[at + 1] in "@*#?$!0123456789" else at + 1


def _value(unit: str, variables: Variables) -> tuple[str, bool]:
    """Return the value of `$NAME` or `${NAME...}`, or the text itself when it is not known.

    The second item says that the value is the word after `:-` and the like, with its quotes and variables still in it.
    """
    if not unit.startswith("${"):
        known = _known(unit[1:], variables)
        return (unit if known is None else known), False
    match = _BRACED.fullmatch(unit, 1)
    if match is None:
        return unit, False
    name, _, operator, other = match.groups()
    known = _known(name, variables)
    if not operator:
        return (unit if known is None else known), False
    missing = known is None or (operator.startswith(":") and not known)
    if operator.endswith("+"):
        return ("", False) if missing else (other, True)
    if not missing:
        return known or "", False
    return (other, True) if operator.endswith(("-", "=")) else (unit, False)


def _known(name: str, variables: Variables) -> str | None:
    if name in ("@", "*"):
        return " ".join(variables.arguments)
    if name.isdigit():
        position = int(name[:6]) - 1
        return variables.arguments[position] if 0 <= position < len(variables.arguments) else None
    return variables.values.get(name)


def kubelet_expand(text: str, env: Mapping[str, str]) -> str:
    """Expand `$(NAME)` as the kubelet does: `$$` is a literal `$`, unknown names stay as they are.

    Spec: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Container (args).
    """

    def replace(match: re.Match[str]) -> str:
        if match[0].startswith("$$"):
            return match[0][1:]
        return env.get(match[1], match[0])

    return re.sub(r"\$\$\([^()\s]*\)|\$\(([A-Za-z_.][A-Za-z0-9_.-]*)\)", replace, text) if "$(" in text else text
