"""Compare a match of an HTTPRoute with a request, and order matches by the precedence of an implementation. Pure.

Spec: https://gateway-api.sigs.k8s.io/reference/spec/, HTTPRouteMatch and HTTPRouteRule
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from llmd_routes.kube.objects import Object, items, text
from llmd_routes.model.precedence import Precedence
from llmd_routes_sidecar.extraction import is_below
from llmd_routes_sidecar.request_head import Request

_EXACT: Final = "Exact"
_REGEX: Final = "RegularExpression"
_PREFIX: Final = "PathPrefix"
# A match of istio that accepts any value of a header.
_ANY: Final = "*"
Step = tuple[str, tuple[int, ...]]


def mismatch(match: Object, request: Request) -> str | None:
    """Return why a match does not accept a request, None if it does."""
    path, _, query = request.path.partition("?")
    kind, value = path_of(match)
    if not _is_on_path(kind, value, path):
        return f"the path is {path}"
    method = text(match, "method")
    if method not in (None, request.method):
        return f"the method is {request.method}"
    for name, header in _first_of_each(match, "headers", lower=True):
        values = request.values(name)
        if (reason := _differs(header, ",".join(values) if values else None)) is not None:
            return f"{name} {reason}"
    parameters = _parameters(query)
    for name, parameter in _first_of_each(match, "queryParams", lower=False):
        if (reason := _differs(parameter, parameters.get(name))) is not None:
            return f"the query parameter {name} {reason}"
    return None


def path_of(match: Object) -> tuple[str, str]:
    """Return the type and the value of the path of a match; a prefix has no slash at its end, except for `/`."""
    kind, value = text(match, "path", "type") or _PREFIX, text(match, "path", "value") or "/"
    return kind, (value.rstrip("/") or "/") if kind == _PREFIX else value


def shown_match(match: Object) -> str:
    """Return a match as one text for people."""
    kind, _ = path_of(match)
    value = text(match, "path", "value") or "/"
    words = [f"path {'=' if kind == _EXACT else '~' if kind == _REGEX else ''}{value}"]
    words += [f"method {method}"] if (method := text(match, "method")) else []
    words += [_shown_value(name, header) for name, header in _first_of_each(match, "headers", lower=True)]
    words += [f"?{_shown_value(name, each)}" for name, each in _first_of_each(match, "queryParams", lower=False)]
    return ", ".join(words)


def steps(match: Object, precedence: Precedence) -> tuple[Step, ...]:
    """Return the steps that rank a match, each with its name and a rank; at the first difference the higher rank wins.

    What follows them depends on the route: its age, its name, and the order of its rules.
    """
    if precedence.in_order:
        return ()
    kind, value = path_of(match)
    headers = [header for _, header in _first_of_each(match, "headers", lower=True)]
    parameters = [parameter for _, parameter in _first_of_each(match, "queryParams", lower=False)]
    method = "method" in match
    kinds = precedence.path_kinds
    counted = text(match, "path", "value") or "/" if precedence.counts_slash else value
    ranks: list[Step] = [
        ("a path type of higher precedence", (len(kinds) - kinds.index(kind) if kind in kinds else 0,)),
        ("a longer path", (0 if value == "/" and kind == _PREFIX else len(counted),)),
    ]
    if precedence.method_is_header:
        ranks.append(("more headers (a method counts as one)", (len(headers) + method,)))
    else:
        ranks += [("a method", (method,)), ("more headers", (len(headers),))]
    if precedence.prefers_exact:
        # A method is an exact value.
        ranks.append(("more exact header values", (_exact(headers) + (method if precedence.method_is_header else 0),)))
    ranks.append(("more query parameters", (len(parameters),)))
    if precedence.prefers_exact:
        ranks.append(("more exact query parameters", (_exact(parameters),)))
    return tuple(ranks)


def _is_on_path(kind: str, value: str, path: str) -> bool:
    if kind == _EXACT:
        return path == value
    if kind == _REGEX:
        return _matches(value, path)
    return value == "/" or is_below(path, value)


def _differs(condition: Object, value: str | None) -> str | None:
    """Return how a value differs from what a header or parameter match requires, None if it does not."""
    wanted = text(condition, "value") or ""
    is_pattern = text(condition, "type") == _REGEX
    if value is not None and (_matches(wanted, value) if is_pattern else value == wanted):
        return None
    required = f"must match {wanted}" if is_pattern else f"must be {wanted}"
    return f"is missing; it {required}" if value is None else f"is {value}; it {required}"


def _matches(pattern: str, value: str) -> bool:
    """Return whether a whole value matches a pattern; the dialects of gateways (RE2, Rust) differ little from ours."""
    if pattern == _ANY:
        return True
    try:
        return re.fullmatch(pattern, value) is not None
    except re.error:
        return False


def _first_of_each(match: Object, field: str, *, lower: bool) -> Iterator[tuple[str, Object]]:
    """Yield the conditions by name; of several with one name only the first counts."""
    seen: set[str] = set()
    for condition in items(match, field):
        name = text(condition, "name") or ""
        name = name.lower() if lower else name
        if name not in seen:
            seen.add(name)
            yield name, condition


def _parameters(query: str) -> dict[str, str]:
    """Return the parameters of a query as sent, the first of equal ones."""
    found: dict[str, str] = {}
    for pair in query.split("&") if query else ():
        name, _, value = pair.partition("=")
        found.setdefault(name, value)
    return found


def _exact(conditions: Sequence[Object]) -> int:
    return sum(text(condition, "type") in (None, _EXACT) for condition in conditions)


def _shown_value(name: str, condition: Object) -> str:
    sign = "~" if text(condition, "type") == _REGEX else "="
    return f"{name}{sign}{text(condition, 'value') or ''}"
