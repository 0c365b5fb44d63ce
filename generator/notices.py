"""What a person should know and nothing fails of: values, without behaviour. `docs/notices.md` explains each code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Code = Literal[
    "already-routed",
    "backend-unresolved",
    "catch-all-route",
    "controller-owned",
    "cross-selection",
    "dual-pod",
    "duplicate-key",
    "dynamic-lora",
    "gateway-unseen",
    "hardware-label",
    "implementation",
    "istio-version",
    "key-required",
    "label-lies",
    "listener-selector",
    "model-rewrite",
    "model-unserved",
    "multi-port",
    "namespace-unknown",
    "no-common-label",
    "no-common-port",
    "no-decode",
    "no-generation",
    "no-model-argument",
    "not-an-object",
    "not-answered",
    "not-listed",
    "not-rendered",
    "optional-config",
    "path-prefix",
    "picker-tls",
    "picker-unreachable",
    "pool-port-mismatch",
    "pool-selects-nothing",
    "port-conflict",
    "ports-differ",
    "role-label",
    "roles-disagree",
    "roles-unjoined",
    "rule-name",
    "second-reader",
    "several-pools",
    "shadowed",
    "shared-pod",
    "simulator",
    "take-over",
    "template",
    "tie",
    "tls",
    "unknown-engine",
    "unreadable-model",
    "unreadable-port",
    "unroutable-model",
    "unroutable-owner",
    "weak-selector",
]
# A notice whose object is not known yet: code, fact, remedy.
Remark = tuple[Code, str, str]
# What a ModelService does not get because of a notice; `selector`, `ports` and `pool` matter only without a pool.
Bar = Literal["routing", "selector", "ports", "pool"]
# Facts that the settings (`modelServices`) or an engine's answer can supply.
Fact = Literal["engine", "models", "ports"]


@dataclass(frozen=True, slots=True)
class Row:
    """The properties of a notice code.

    `severity` is `error` if something is not routed, `warning` if requests may fail, else `info`. `bars` is what the
    ModelService does not get. `settled_by` is the fact that resolves the notice once a user supplies it.
    """

    code: Code
    severity: Literal["error", "warning", "info"]
    bars: Bar | None = None
    settled_by: Fact | None = None


NOTICES: Final = (
    Row("already-routed", "warning"),
    Row("backend-unresolved", "warning"),
    Row("catch-all-route", "warning"),
    Row("controller-owned", "info"),
    Row("cross-selection", "warning", bars="selector"),
    Row("dual-pod", "info"),
    Row("duplicate-key", "warning"),
    Row("dynamic-lora", "warning", settled_by="models"),
    Row("gateway-unseen", "info"),
    Row("hardware-label", "info"),
    Row("implementation", "info"),
    Row("istio-version", "info"),
    Row("key-required", "warning"),
    Row("label-lies", "warning", settled_by="engine"),
    Row("listener-selector", "info"),
    Row("model-rewrite", "warning"),
    Row("model-unserved", "warning"),
    Row("multi-port", "warning"),
    Row("namespace-unknown", "info"),
    Row("no-common-label", "warning", bars="selector"),
    Row("no-common-port", "warning", bars="ports"),
    Row("no-decode", "error", bars="routing"),
    Row("no-generation", "info"),
    Row("no-model-argument", "warning", settled_by="models"),
    Row("not-an-object", "warning"),
    Row("not-answered", "info"),
    Row("not-listed", "warning"),
    Row("not-rendered", "warning", bars="selector"),
    Row("optional-config", "info"),
    Row("path-prefix", "warning"),
    Row("picker-tls", "warning"),
    Row("picker-unreachable", "warning"),
    Row("pool-port-mismatch", "warning", bars="pool"),
    Row("pool-selects-nothing", "warning", bars="pool"),
    Row("port-conflict", "warning", bars="pool", settled_by="ports"),
    Row("ports-differ", "warning"),
    Row("role-label", "warning"),
    Row("roles-disagree", "warning"),
    Row("roles-unjoined", "error", bars="routing"),
    Row("rule-name", "warning"),
    Row("second-reader", "warning"),
    Row("several-pools", "warning"),
    Row("shadowed", "warning"),
    Row("shared-pod", "error", bars="routing"),
    Row("simulator", "info"),
    Row("take-over", "warning"),
    Row("template", "info", settled_by="models"),
    Row("tie", "warning"),
    Row("tls", "warning"),
    Row("unknown-engine", "error", bars="routing", settled_by="engine"),
    Row("unreadable-model", "error", bars="routing", settled_by="models"),
    Row("unreadable-port", "warning", bars="ports", settled_by="ports"),
    Row("unroutable-model", "error", bars="routing"),
    Row("unroutable-owner", "error", bars="routing"),
    Row("weak-selector", "warning"),
)


@dataclass(frozen=True, slots=True, order=True)
class Notice:
    """`code` is stable, `object` names the object or the place, `message` is the fact, `remedy` says what to do."""

    code: Code
    object: str
    message: str
    remedy: str


def barring(*bars: Bar) -> frozenset[Code]:
    """Return the codes that bar any of these."""
    return frozenset(row.code for row in NOTICES if row.bars in bars)


def settled_by(*facts: Fact) -> frozenset[Code]:
    """Return the codes that any of these facts resolves."""
    return frozenset(row.code for row in NOTICES if row.settled_by in facts)
