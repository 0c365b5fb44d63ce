"""Read values that a Lua program assigns at its beginning: `local NAME = VALUE`, one after the other. Pure.

Values are texts, integers, booleans, nil and tables of them; a table is a list, or a dict if it has keys. What follows
the first other statement is not read. Spec: https://www.lua.org/manual/5.1/manual.html#2.1
"""

from __future__ import annotations

import re
from typing import Any, Final

_TOKEN: Final = re.compile(
    r"""(?:\s|--[^\n]*(?:\n|$))*
    (?:(?P<name>[A-Za-z_][A-Za-z0-9_]*)
    |(?P<number>-?[0-9]+(?![.0-9A-Za-z_]))
    |"(?P<double>(?:[^"\\\n]|\\.)*)"
    |'(?P<single>(?:[^'\\\n]|\\.)*)'
    |(?P<sign>[={}\[\],;]))""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE: Final = re.compile(rb"\\([0-9]{1,3}|.)", re.DOTALL)
_WORDS: Final = {"true": True, "false": False, "nil": None}
_CONTROL: Final = {b"n": b"\n", b"t": b"\t", b"r": b"\r"}
_OPERATORS: Final = ("and", "or")
_DEEPEST: Final = 20


class _NoValueError(ValueError):
    pass


def read_assignments(program: str) -> dict[str, Any]:
    """Return the values by name, in order; none after the first statement that is not such an assignment."""
    reader, found = _Reader(program), dict[str, Any]()
    try:
        while reader.take("name") == "local":
            name = reader.take("name")
            if reader.take("sign") != "=":
                break
            value = reader.value(0)
            reader.end_statement()
            found[name] = value
    except _NoValueError:
        pass
    return found


class _Reader:
    """One pass over the text, token by token."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def take(self, kind: str) -> str:
        """Return the next token, which must be of this kind."""
        found, text = self._next()
        if found != kind:
            raise _NoValueError
        return text

    def value(self, depth: int) -> Any:
        """Return the next value."""
        kind, text = self._next()
        match kind:
            case "number":
                return int(text)
            case "single" | "double":
                return _unescaped(text)
            case "name" if text in _WORDS:
                return _WORDS[text]
            case "sign" if text == "{" and depth < _DEEPEST:
                return self._table(depth + 1)
        raise _NoValueError

    def end_statement(self) -> None:
        """Check that the value is not part of a longer expression."""
        start = self.at
        if self.text[start:].strip():
            kind, text = self._next()
            if kind != "name" or text in _OPERATORS:
                raise _NoValueError
        self.at = start

    def _table(self, depth: int) -> list[Any] | dict[Any, Any]:
        members: list[Any] = []
        by_key: dict[Any, Any] = {}
        while (sign := self._peek()) != "}":
            if sign == "[":
                key = self._key(depth)
                by_key[key] = self.value(depth)
            else:
                members.append(self.value(depth))
            if self._peek() in (",", ";"):
                self._next()
        self._next()
        return by_key or members

    def _key(self, depth: int) -> str | int:
        self._next()
        key = self.value(depth)
        if not isinstance(key, str | int) or self.take("sign") != "]" or self.take("sign") != "=":
            raise _NoValueError
        return key

    def _peek(self) -> str:
        start = self.at
        kind, text = self._next()
        self.at = start
        return text if kind == "sign" else ""

    def _next(self) -> tuple[str, str]:
        found = _TOKEN.match(self.text, self.at)
        if found is None or found.lastgroup is None:
            raise _NoValueError
        self.at = found.end()
        return found.lastgroup, found[found.lastgroup]


def _unescaped(text: str) -> str:
    """Return a text without escapes, which stand for bytes of UTF-8."""

    def plain(found: re.Match[bytes]) -> bytes:
        escaped = found[1]
        if escaped.isdigit():
            return bytes([min(int(escaped), 255)])
        return _CONTROL.get(escaped, escaped)

    return _ESCAPE.sub(plain, text.encode()).decode(errors="replace")
