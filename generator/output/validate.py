"""Check the manifests before they are printed, independently of the plan. Pure, no I/O.

In: manifests as plain objects. Out: findings, none when all is well. One function per rule; an API server checks most
of them too, but only when half of the output has been applied.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from llmd_routes.kube.objects import (
    Object,
    Ref,
    is_dns_label,
    is_dns_name,
    items,
    kind_of,
    labels,
    name_of,
    namespace_of,
    text,
)
from llmd_routes.planning.routes import MOST_MATCHES, MOST_RULES
from llmd_routes_sidecar.owners import MODEL_HEADER, OWNER_HEADER

_MOST_IN_RULE: Final = 64
_MOST_PARENTS: Final = 32
_LABEL_VALUE: Final = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_LABEL_KEY: Final = re.compile(r"(?=.{1,317}$)([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_HEADER_VALUE: Final = re.compile(r"[!-~]+([\t ]?[!-~]+)*")


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """What is wrong with one manifest, in a line."""

    object: str
    message: str

    def __str__(self) -> str:
        """Return the line as people read it."""
        return f"{self.object}: {self.message}"


def validate(objects: Sequence[Object], unguarded: bool = False) -> list[Finding]:
    """Return the findings of all rules, sorted.

    With `unguarded`, matches may ignore the engine: a notice reports that the Gateway does not support the guard.
    """
    rules = [rule for rule in _RULES if rule is not _guarded] if unguarded else _RULES
    found = [Finding(_title(obj), message) for obj in objects for rule in rules for message in rule(obj)]
    return sorted([*found, *_unique(objects), *_same_matches(objects)])


def _names(obj: Object) -> Iterator[str]:
    if not is_dns_name(name_of(obj)):
        yield f"name {name_of(obj)!r} is not a DNS subdomain"
    if not is_dns_label(namespace_of(obj) or ""):
        yield f"namespace {namespace_of(obj)!r} is not a DNS label"
    for key, value in labels(obj, "metadata", "labels").items():
        if not _LABEL_VALUE.fullmatch(value):
            yield f"label {key} has the value {value!r}, which is not a valid label value"


def _selectors(obj: Object) -> Iterator[str]:
    """A pool with a selector that no pod can have would be refused, after other objects were applied."""
    if kind_of(obj) != "InferencePool":
        return
    for key, value in (labels(obj, "spec", "selector", "matchLabels") or labels(obj, "spec", "selector")).items():
        if not _LABEL_VALUE.fullmatch(value) or not _LABEL_KEY.fullmatch(key):
            yield f"selects by {key}={value!r}, which is not a valid label"


def _limits(obj: Object) -> Iterator[str]:
    """Spec: HTTPRouteSpec, https://gateway-api.sigs.k8s.io/reference/spec/."""
    rules = items(obj, "spec", "rules")
    matches = [len(items(rule, "matches")) for rule in rules]
    if len(rules) > MOST_RULES:
        yield f"has {len(rules)} rules, the API takes {MOST_RULES}"
    if max(matches, default=0) > _MOST_IN_RULE:
        yield f"has a rule of {max(matches)} matches, the API takes {_MOST_IN_RULE}"
    if sum(matches) > MOST_MATCHES:
        yield f"has {sum(matches)} matches, the API takes {MOST_MATCHES}"
    if len(items(obj, "spec", "parentRefs")) > _MOST_PARENTS:
        yield f"has {len(items(obj, 'spec', 'parentRefs'))} parentRefs, the API takes {_MOST_PARENTS}"


def _header_values(obj: Object) -> Iterator[str]:
    for rule in items(obj, "spec", "rules"):
        for headers in _headers(rule):
            for name, _, value in headers:
                if not _HEADER_VALUE.fullmatch(value):
                    yield f"header {name} is matched with {value!r}, which is not a valid header value"


def _guarded(obj: Object) -> Iterator[str]:
    """A match that looks at no engine must stand behind a rule without backends that takes every named engine."""
    guards: set[str] = set()
    for position, rule in enumerate(items(obj, "spec", "rules")):
        for match, headers in zip(items(rule, "matches"), _headers(rule), strict=True):
            path, names = text(match, "path", "value") or "/", {name for name, _, _ in headers}
            if not any(text(backend, "kind") == "InferencePool" for backend in items(rule, "backendRefs")):
                guards |= {path} if names == {OWNER_HEADER} else set()
            elif OWNER_HEADER not in names and path not in guards:
                model = next((value for name, _, value in headers if name == MODEL_HEADER), "every model")
                yield f"rule {position + 1} serves {model} under {path} to requests that name an unknown engine"


def _rule_names(obj: Object) -> Iterator[str]:
    """Istio finds EPPs by rule name over all routes of a Gateway, and so may ask the wrong one."""
    if any("name" in rule and items(rule, "backendRefs") for rule in items(obj, "spec", "rules")):
        yield "has a rule with a name and backends"


def _substitutions(obj: Object) -> Iterator[str]:
    """Flux and envsubst would replace it: the text applied would not be the text printed."""
    for value in _strings(obj):
        at = value.find("${")
        if at >= 0:
            yield f"holds {value[max(0, at - 20) : at + 40]!r}: ${{ is replaced by Flux and envsubst"


_RULES: Final[tuple[Callable[[Object], Iterator[str]], ...]] = (
    _names,
    _selectors,
    _limits,
    _header_values,
    _guarded,
    _rule_names,
    _substitutions,
)


def _unique(objects: Iterable[Object]) -> Iterator[Finding]:
    counted = Counter((text(obj, "apiVersion"), _title(obj)) for obj in objects)
    yield from (Finding(title, "is printed twice") for (_, title), count in counted.items() if count > 1)


def _same_matches(objects: Iterable[Object]) -> Iterator[Finding]:
    """Two rules that match alike would let age or name of their routes decide; guards answer alike."""
    seen: set[tuple[str | None, frozenset[tuple[str, str, str]]]] = set()
    for obj in objects:
        for rule in items(obj, "spec", "rules"):
            for match, headers in zip(items(rule, "matches"), _headers(rule), strict=True):
                key = (text(match, "path", "value"), frozenset(headers))
                if key in seen and items(rule, "backendRefs"):
                    shown = " ".join(f"{name}={value}" for name, _, value in headers)
                    yield Finding(_title(obj), f"matches {key[0]} {shown}, as another rule does")
                seen.add(key)


def _headers(rule: Object) -> list[list[tuple[str, str, str]]]:
    """Return (name, type, value) of the headers of each match."""
    return [
        [(text(h, "name") or "", text(h, "type") or "Exact", text(h, "value") or "") for h in items(match, "headers")]
        for match in items(rule, "matches")
    ]


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, child in value.items():
            yield from _strings(key)
            yield from _strings(child)
    elif isinstance(value, list):
        for child in value:
            yield from _strings(child)


def _title(obj: Object) -> str:
    return str(Ref(namespace_of(obj) or "", kind_of(obj), name_of(obj)))
