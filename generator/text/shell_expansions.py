"""Expand the raw words of shell scripts: quotes off, known variables in, values split. Pure, never raises.

What only a running shell could know (`$(cmd)`, `$((1+1))`, variables of no known value) keeps its text in the word, so
that callers see it as unresolved. So does what would exceed a budget, or is nested too deep. Spec: Shell Command
Language, https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from .shell_words import skip_unit

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BRACED = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*|[@*#?0-9]+)(?:(\[[@*]\])|(:?[-=+?])(.*))?\}", re.DOTALL)
_KUBELET = re.compile(r"\$\$\([^()\s]*\)|\$\(([A-Za-z_.][A-Za-z0-9_.-]*)\)")
_BLANKS = re.compile(r"[ \t\n]+")
_DOUBLE_QUOTE = re.compile(r'(?<!\\)"')
# The maximum length of a variable's value; a kernel accepts at most 128 KiB per argument or variable.
MOST_IN_VALUE = 64 * 1024
# The maximum number of characters that variables add to all commands of a container.
MOST_ADDED = 1024 * 1024
# The maximum depth of nested defaults: `${A:-${B:-c}}`.
_MOST_NESTED = 20


@dataclass
class Budget:
    """The number of characters that variables may still add."""

    left: int = MOST_ADDED

    def take(self, count: int) -> bool:
        """Return whether a value of this length is within the budget, and subtract it."""
        if count > min(self.left, MOST_IN_VALUE):
            return False
        self.left -= count
        return True


@dataclass
class Variables:
    """Values that a script can use: `values` by name, `arrays` by name, and the arguments `$1...`."""

    values: dict[str, str] = field(default_factory=dict)
    arrays: dict[str, list[str]] = field(default_factory=dict)
    arguments: Sequence[str] = ()
    budget: Budget = field(default_factory=Budget)
    nested: int = 0


def expand(raw: str, variables: Variables) -> list[str]:
    """Return the words of one raw word: quotes removed, variables expanded, unquoted values split at blanks."""
    whole = _array(raw, variables)
    if whole is not None:
        return whole
    return [text for text, kept in _fields(raw, variables) if text or kept]


def _fields(raw: str, variables: Variables) -> list[tuple[str, bool]]:
    """Return the fields of a raw word, and whether quotes preserve the field even if it is empty."""
    fields: list[tuple[list[str], bool]] = [([], False)]
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
        texts, kept = fields[-1]
        texts.append(parts[0][0])
        fields[-1] = (texts, kept or parts[0][1])
        fields += (([text], is_quoted) for text, is_quoted in parts[1:])
    return [("".join(texts), kept) for texts, kept in fields]


def _expansion(unit: str, variables: Variables) -> list[tuple[str, bool]]:
    """Return the fields of an unquoted expansion: its value split at blanks, or the fields of its default."""
    value, is_default = _value(unit, variables)
    if is_default:
        if variables.nested >= _MOST_NESTED:
            return [(unit, False)]
        inner = replace(variables, nested=variables.nested + 1)
        return [field for word in _at_blanks(value) for field in _fields(word, inner)]
    parts = [value] if value == unit else _BLANKS.split(value)
    return [(part, False) for part in parts]


def _at_blanks(text: str) -> list[str]:
    """Split raw text at unquoted blanks; quotes remain, and a blank at an end produces an empty word there."""
    found: list[list[str]] = [[]]
    at = 0
    while at < len(text):
        end = skip_unit(text, at)
        if text[at] in " \t\n":
            found += [[]] if found[-1] or len(found) == 1 else []
        else:
            found[-1].append(text[at:end])
        at = end
    return ["".join(parts) for parts in found]


def _array(raw: str, variables: Variables) -> list[str] | None:
    if raw in ('"$@"', "$@", "$*", '"${@}"'):
        return _within(variables, list(variables.arguments))
    match = re.fullmatch(r'"?\$\{([A-Za-z_][A-Za-z0-9_]*)\[[@*]\]\}"?', raw)
    return _within(variables, variables.arrays[match[1]]) if match and match[1] in variables.arrays else None


def _within(variables: Variables, words: list[str]) -> list[str] | None:
    """Return a copy of words, None if they would be longer than the budget."""
    return list(words) if variables.budget.take(sum(map(len, words)) + len(words)) else None


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
            out.append(_quoted_default(inner[at:end], value, variables) if is_default else value)
            at = end
        else:
            out.append(inner[at])
            at += 1
    return "".join(out)


def _quoted_default(unit: str, default: str, variables: Variables) -> str:
    """Return the default of a quoted expansion: double quotes inside it are removed, single quotes remain."""
    if variables.nested >= _MOST_NESTED:
        return unit
    return _unquoted(f'"{_DOUBLE_QUOTE.sub("", default)}"', replace(variables, nested=variables.nested + 1))


def _variable_end(text: str, at: int) -> int:
    match = _NAME.match(text, at + 1)
    if match:
        return match.end()
    return at + 2 if text[at + 1 : at + 2] and text[at + 1] in "@*#?$!0123456789" else at + 1


def _value(unit: str, variables: Variables) -> tuple[str, bool]:
    """Return the value of `$NAME` or `${NAME...}`, or the text itself if it is unknown.

    The second item is whether the value is the word after `:-` and similar operators, with its quotes and variables.
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
    """Return the value of a variable, None if it is not known or would be longer than the budget."""
    if name in ("@", "*"):
        length = sum(map(len, variables.arguments)) + len(variables.arguments)
        return " ".join(variables.arguments) if variables.budget.take(length) else None
    if name.isdigit():
        position = int(name[:6]) - 1
        value = variables.arguments[position] if 0 <= position < len(variables.arguments) else None
    else:
        value = variables.values.get(name)
    return value if value is None or variables.budget.take(len(value)) else None


def kubelet_expand(text: str, env: Mapping[str, str], budget: Budget | None = None) -> str:
    """Expand `$(NAME)` as the kubelet does: `$$` is a literal `$`, unknown names stay unchanged.

    So do names whose values would exceed the maximum length or the budget.

    Spec: https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#Container (args).
    """
    if "$(" not in text:
        return text
    added = Budget(MOST_IN_VALUE)

    def value_of(match: re.Match[str]) -> str:
        if match[0].startswith("$$"):
            return match[0][1:]
        value = env.get(match[1])
        is_short = value is not None and added.take(len(value)) and (budget is None or budget.take(len(value)))
        return value if value is not None and is_short else match[0]

    return _KUBELET.sub(value_of, text)
