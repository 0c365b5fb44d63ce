"""Evaluates the CEL of agentgateway, as far as the emitted expressions use it.

The functions and their errors follow crates/cel-fork and crates/celx of agentgateway: values of different types are not
equal, `coalesce` skips errors and null, and a field of `json()` is found by a scan of the top level of an object.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

_TOKEN: Final = re.compile(r'\s*("(?:[^"\\]|\\.)*"|\d+|[A-Za-z_]\w*|&&|\|\||==|!=|[-+!?:.,()\[\]{}])')
Scope = Mapping[str, Any]
Node = Callable[[Scope], Any]


class CelError(Exception):
    """An expression that has no value."""


@dataclass(frozen=True)
class Query:
    """The URI of a request, whose method `query` returns the values of a parameter."""

    path: str

    def query(self, name: str) -> list[str]:
        """Return the values of a parameter, at least one."""
        pairs = parse_qsl(self.path.partition("?")[2], keep_blank_values=True)
        return [value for key, value in pairs if key == name] or _fail(name)


def field_of(body: bytes, name: str) -> Any:
    """Return the last value of a field of the object at the start of a body; the rest is not validated."""
    try:
        text = body.decode("utf-8", "surrogateescape").lstrip(" \t\r\n")
        found = json.JSONDecoder(strict=True, parse_constant=_fail).raw_decode(text)[0]
    except ValueError:
        raise CelError("no JSON") from None
    return found[name] if isinstance(found, dict) and name in found else _fail(name)


def parsed(body: bytes) -> Any:
    """Return a body as JSON."""
    try:
        found = json.loads(body.decode("utf-8"), parse_constant=_fail)
        json.dumps(found, ensure_ascii=False).encode()  # half a surrogate pair is an error
    except ValueError:
        raise CelError("no JSON") from None
    return found


def _fail(reason: str) -> Any:
    raise CelError(reason)


def evaluate(expression: str, request: Mapping[str, Any]) -> Any:
    """Return the value of an expression about a request. Raises CelError if it has none."""
    return parse(expression)({"request": request})


def parse(expression: str) -> Node:
    """Return an expression as a function of its variables. Raises ValueError for text that is not understood."""
    tokens, at = [], 0
    while at < len(expression.rstrip()):
        found = _TOKEN.match(expression, at) or _unknown(expression[at:])
        tokens.append(found[1])
        at = found.end()
    parser = _Parser(tokens)
    node = parser.ternary()
    return node if not parser.tokens else _unknown(" ".join(parser.tokens))


def _unknown(text: str) -> Any:
    raise ValueError(f"not understood: {text}")


@dataclass
class _Parser:
    tokens: list[str] = field(default_factory=list)

    def take(self, *wanted: str) -> str | None:
        return self.tokens.pop(0) if self.tokens and self.tokens[0] in wanted else None

    def need(self, wanted: str) -> None:
        if self.take(wanted) is None:
            _unknown(" ".join(self.tokens))

    def ternary(self) -> Node:
        condition = self.either()
        if self.take("?") is None:
            return condition
        yes = self.ternary()
        self.need(":")
        no = self.ternary()
        return lambda scope: yes(scope) if _bool(condition(scope)) else no(scope)

    def either(self) -> Node:
        alternatives = self.operands("||", self.both)
        if len(alternatives) == 1:
            return alternatives[0]
        return lambda scope: any(_bool(each(scope)) for each in alternatives)

    def both(self) -> Node:
        conditions = self.operands("&&", self.relation)
        if len(conditions) == 1:
            return conditions[0]
        return lambda scope: all(_bool(each(scope)) for each in conditions)

    def operands(self, operator: str, operand: Callable[[], Node]) -> list[Node]:
        nodes = [operand()]
        while self.take(operator):
            nodes.append(operand())
        return nodes

    def relation(self) -> Node:
        left = self.sum()
        operator = self.take("==", "!=", "in")
        if operator is None:
            return left
        right = self.sum()
        if operator == "in":
            return lambda scope: _contains(right(scope), left(scope))
        return lambda scope: _equal(left(scope), right(scope)) is (operator == "==")

    def sum(self) -> Node:
        node = self.unary()
        while self.take("+"):
            node = _sum(node, self.unary())
        return node

    def unary(self) -> Node:
        if self.take("!"):
            inner = self.unary()
            return lambda scope: not _bool(inner(scope))
        return self.postfix(self.primary())

    def postfix(self, node: Node) -> Node:
        while operator := self.take(".", "["):
            if operator == "[":
                node = _indexed(node, self.ternary())
                self.need("]")
                continue
            name = self.tokens.pop(0)
            node = self.method(node, name) if self.take("(") else _member(node, name)
        return node

    def method(self, subject: Node, name: str) -> Node:
        arguments = self.list_until(")", names=name in _MACROS)
        if name in _MACROS:
            (variable, body) = arguments
            return lambda scope: _MACROS[name](subject(scope), lambda v: body({**scope, variable(scope): v}))
        return lambda scope: _METHODS[name](subject(scope), *(each(scope) for each in arguments))

    def list_until(self, end: str, names: bool = False) -> list[Node]:
        found: list[Node] = []
        if names:
            variable = self.tokens.pop(0)
            found.append(lambda _: variable)
            self.need(",")
        while not self.take(end):
            found.append(self.ternary())
            self.take(",")
        return found

    def primary(self) -> Node:
        token = self.tokens.pop(0)
        if token == "(":
            node = self.ternary()
            self.need(")")
            return node
        if token == "[":
            items = self.list_until("]")
            return lambda scope: [item(scope) for item in items]
        if token == "{":
            return self.mapping()
        if token[0] == '"' or token.isdigit() or token in ("true", "false", "null"):
            constant = json.loads(token)
            return lambda _: constant
        if self.take("("):
            arguments = self.list_until(")")
            if token == "json" and self.tokens[:1] == ["."] and self.tokens[2:3] != ["("]:
                name = self.tokens[1]
                del self.tokens[:2]
                return lambda scope: field_of(arguments[0](scope), name)
            return lambda scope: _FUNCTIONS[token](scope, arguments)
        return lambda scope: scope[token]

    def mapping(self) -> Node:
        pairs = []
        while not self.take("}"):
            key = self.ternary()
            self.need(":")
            pairs.append((key, self.ternary()))
            self.take(",")
        return lambda scope: {key(scope): value(scope) for key, value in pairs}


def _bool(value: Any) -> bool:
    return value if isinstance(value, bool) else bool(_fail("no boolean"))


def _sum(left: Node, right: Node) -> Node:
    return lambda scope: left(scope) + right(scope)


def _equal(one: Any, other: Any) -> bool:
    return type(one) is type(other) and bool(one == other)


def _contains(container: Any, value: Any) -> bool:
    if isinstance(container, list):
        return any(_equal(each, value) for each in container)
    return value in container if isinstance(container, (str, Mapping)) and isinstance(value, str) else _fail("in")


def _indexed(node: Node, index: Node) -> Node:
    def value(scope: Scope) -> Any:
        try:
            return node(scope)[index(scope)]
        except (KeyError, IndexError, TypeError):
            return _fail("no such key")

    return value


def _member(node: Node, name: str) -> Node:
    def value(scope: Scope) -> Any:
        found = node(scope)
        return found[name] if isinstance(found, Mapping) and name in found else _fail(name)

    return value


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(_fail("no string"))


def _coalesce(scope: Scope, arguments: list[Node]) -> Any:
    error: CelError | None = None
    for argument in arguments:
        try:
            if (value := argument(scope)) is not None:
                return value
        except CelError as failure:
            error = failure
    return _fail(str(error)) if error else None


_FUNCTIONS: Final[Mapping[str, Callable[[Scope, list[Node]], Any]]] = {
    "coalesce": _coalesce,
    "json": lambda scope, arguments: parsed(arguments[0](scope)),
    "size": lambda scope, arguments: len(arguments[0](scope)),
}
_MACROS: Final[Mapping[str, Callable[[Any, Callable[[Any], Any]], Any]]] = {
    "filter": lambda values, keep: [value for value in values if _bool(keep(value))],
    "map": lambda values, change: [change(value) for value in values],
    "with": lambda value, change: change(value),
}
_METHODS: Final[Mapping[str, Callable[..., Any]]] = {
    "query": lambda uri, name: uri.query(name),
    # In Rust, `$` does not match before a line break.
    "matches": lambda text, pattern: re.search(pattern.replace("$", r"\Z"), _text(text)) is not None,
    "startsWith": lambda text, start: _text(text).startswith(start),
    "contains": lambda text, part: part in _text(text),
    # Of Rust: it lowers no letters beyond ASCII.
    "lowerAscii": lambda text: re.sub("[A-Z]", lambda found: found[0].lower(), _text(text)),
    "trim": lambda text: _text(text).strip(),
    "split": lambda text, separator: _text(text).split(separator),
    "join": lambda values, separator: separator.join(map(_text, values)),
    "substring": lambda text, start: _text(text)[start:],
}
