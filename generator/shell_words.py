"""Splits shell scripts into words as a POSIX shell would, without running anything. Pure, never raises.

What only a running shell could know (`$(cmd)`, `$((1+1))`, variables of no known value) keeps its text in the word, so
that callers see it as unresolved. Spec: Shell Command Language,
https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HEREDOC = re.compile(r"<<(-?)[ \t]*(?:'([^'\n]*)'|\"([^\"\n]*)\"|\\?([^\s;&|<>()'\"]+))")
_REDIRECT = re.compile(r"\d*(?:&>>|&>|>>|>\||>&|<&|<>|>|<)[ \t]*")
_BRACED = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*|[@*#?0-9]+)(?:(\[[@*]\])|(:?[-=+?])(.*))?\}", re.DOTALL)
_BLANKS = re.compile(r"[ \t\n]+")
_DOUBLE_QUOTE = re.compile(r'(?<!\\)"')
_SEPARATORS = "\n;&|()"
_MOST_TEXT = 200_000


@dataclass
class Variables:
    """Values that a script can use: `values` by name, `arrays` by name, and the arguments `$1...`."""

    values: dict[str, str] = field(default_factory=dict)
    arrays: dict[str, list[str]] = field(default_factory=dict)
    arguments: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its quotes still on; `separator` words end a command."""

    text: str
    separator: bool = False


def words(script: str) -> list[Word]:
    """Return the raw words of a script with the separators between commands; comments and here-documents are gone."""
    return _Scanner(script[:_MOST_TEXT].replace("\r\n", "\n")).run()


class _Scanner:
    """One pass over the text; `pending` are the ends of here-documents that start after the current line."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.found: list[Word] = []
        self.pending: list[tuple[str, bool]] = []

    def run(self) -> list[Word]:
        while self.at < len(self.text):
            char = self.text[self.at]
            if char in " \t":
                self.at += 1
            elif self.text.startswith("\\\n", self.at):
                self.at += 2
            elif char == "#":
                self._skip_line()
            elif not self._redirect() and not self._separator(char):
                self._word()
        return self.found

    def _skip_line(self) -> None:
        end = self.text.find("\n", self.at)
        self.at = len(self.text) if end < 0 else end

    def _separator(self, char: str) -> bool:
        if char not in _SEPARATORS:
            return False
        self.at += 1
        self.found.append(Word(char, separator=True))
        if char == "\n" and self.pending:
            self._skip_documents()
        return True

    def _skip_documents(self) -> None:
        for end, indented in self.pending:
            while self.at < len(self.text):
                stop = self.text.find("\n", self.at)
                line = self.text[self.at :] if stop < 0 else self.text[self.at : stop]
                self.at = len(self.text) if stop < 0 else stop + 1
                if (line.lstrip("\t") if indented else line) == end:
                    break
        self.pending = []

    def _redirect(self) -> bool:
        if self.text.startswith("<<<", self.at):
            self.at += 3
            self._take_target()
            return True
        document = _HEREDOC.match(self.text, self.at)
        if document:
            self.pending.append((document[2] or document[3] or document[4] or "", bool(document[1])))
            self.at = document.end()
            return True
        match = _REDIRECT.match(self.text, self.at)
        if match is None or self.text.startswith(("<(", ">("), self.at):
            return False
        self.at = match.end()
        self._take_target()
        return True

    def _take_target(self) -> None:
        """Read the word after a redirection, and forget it."""
        while self.at < len(self.text) and self.text[self.at] in " \t":
            self.at += 1
        if self.at < len(self.text) and self.text[self.at] not in _SEPARATORS:
            self._word()
            self.found.pop()

    def _word(self) -> None:
        start = self.at
        while self.at < len(self.text) and self.text[self.at] not in " \t<>" + _SEPARATORS:
            self.at = _skip_unit(self.text, self.at)
            if self.at < len(self.text) and self.text[self.at] == "(" and self.text[self.at - 1] == "=":
                self.at = _closing(self.text, self.at, "(", ")")
        if self.at == start:
            self.at += 1
        self.found.append(Word(self.text[start : self.at]))


def _skip_unit(text: str, at: int) -> int:
    """Return the end of the quoted part, expansion or character that starts at `at`."""
    char = text[at]
    if char == "\\":
        return min(at + 2, len(text))
    if char == "'":
        return _after(text, "'", at + 1)
    if char == '"':
        return _end_of_double_quotes(text, at + 1)
    if char == "`":
        return _after(text, "`", at + 1)
    if char == "$" and text.startswith(("$(", "${"), at):
        return _closing(text, at + 1, text[at + 1], ")" if text[at + 1] == "(" else "}")
    return at + 1


def _after(text: str, end: str, at: int) -> int:
    found = text.find(end, at)
    return len(text) if found < 0 else found + 1


def _end_of_double_quotes(text: str, at: int) -> int:
    while at < len(text) and text[at] != '"':
        if text[at] == "\\":
            at += 2
        elif text.startswith(("$(", "${"), at):
            at = _closing(text, at + 1, text[at + 1], ")" if text[at + 1] == "(" else "}")
        else:
            at += 1
    return min(at + 1, len(text))


def _closing(text: str, at: int, opening: str, closing: str) -> int:
    """Return the end of a bracketed part that starts at `at`, minding quotes; brackets nest."""
    depth = 0
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 1
        elif char == "'":
            at = _after(text, "'", at + 1) - 1
        elif char == opening:
            depth += 1
        elif char == closing:
            depth -= 1
            if depth == 0:
                return at + 1
        at += 1
    return len(text)


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
        end = _skip_unit(raw, at)
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
        end = _skip_unit(text, at)
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
            end = _skip_unit(inner, at) if inner.startswith(("$(", "${"), at) else _variable_end(inner, at)
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
