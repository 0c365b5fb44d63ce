"""Findings that a user should know, with a stable code; docs/reference/notices.md explains each code."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Literal

from .problems import Problem

Code = Literal[
    "already-routed",
    "backend-unresolved",
    "catch-all-route",
    "catch-all-rule",
    "controller-owned",
    "cross-selection",
    "dual-pod",
    "duplicate-key",
    "dynamic-lora",
    "engine-fields",
    "engine-unread",
    "forms-unread",
    "gateway-setting",
    "gateway-timeout",
    "gateway-unseen",
    "hardware-label",
    "header-removed",
    "health-check",
    "implementation",
    "istio-version",
    "key-required",
    "label-lies",
    "listener-selector",
    "mixed-pool",
    "mixed-router",
    "model-rewrite",
    "model-unserved",
    "multi-port",
    "namespace-unknown",
    "no-common-label",
    "no-common-port",
    "no-decode",
    "no-generation",
    "no-model-argument",
    "not-accepted",
    "not-an-object",
    "not-answered",
    "not-listed",
    "not-rendered",
    "optional-config",
    "path-prefix",
    "payload-processor",
    "picker-failure",
    "picker-repeated",
    "picker-tls",
    "picker-unreachable",
    "policy-conflict",
    "pool-port-mismatch",
    "pool-selects-nothing",
    "port-conflict",
    "ports-differ",
    "query-kept",
    "role-label",
    "roles-disagree",
    "roles-unjoined",
    "rule-name",
    "second-reader",
    "security-skipped",
    "settings-unused",
    "several-pools",
    "shadowed",
    "shared-pod",
    "simulator",
    "take-over",
    "template",
    "tie",
    "tls",
    "unguarded",
    "unknown-engine",
    "unreadable-model",
    "unreadable-port",
    "unroutable-model",
    "unroutable-owner",
    "weak-selector",
    "without-picker",
]
# The fix that `llmd-routes label` prints in detail. If the input is known, a complete command line replaces it.
LABEL: Final = "add the label that `llmd-routes label` prints to its pod template"
# A notice whose object is not known yet: code, fact and fix.
Remark = tuple[Code, str, str]
# What a notice prevents for its ModelService; `selector`, `ports` and `pool` matter only if no pool is reused.
Bar = Literal["routing", "selector", "ports", "pool"]
# Facts that the settings (`modelServices`) or an engine's response can supply.
Fact = Literal["engine", "models", "ports"]


@dataclass(frozen=True, slots=True)
class Row:
    """The properties of a notice code.

    `severity` is `warning` if requests may fail or a ModelService is not routed, else `info`; a notice that prevents
    any output is reported as an error. `cause` is the headline of all notices of the code; `{objects}` is replaced by
    their number and kind. `bars` is what the notice prevents for the ModelService. `settled_by` is the fact that
    resolves the notice once a user supplies it. With `lists_all`, messages name all of its objects, however many.
    """

    code: Code
    severity: Literal["warning", "info"]
    cause: str
    bars: Bar | None = None
    settled_by: Fact | None = None
    lists_all: bool = False


NOTICES: Final = (
    Row("already-routed", "warning", "another HTTPRoute already routes to the InferencePool"),
    Row("backend-unresolved", "warning", "an HTTPRoute references an InferencePool that cannot be resolved"),
    Row("catch-all-route", "warning", "an HTTPRoute exposes every path of an engine"),
    Row("catch-all-rule", "info", "a rule answers requests that no other route matches"),
    Row("controller-owned", "info", "a controller manages the InferencePool or the HTTPRoute"),
    Row("cross-selection", "warning", "{objects} cannot be told apart", bars="selector"),
    Row("dual-pod", "info", "the pods only request other pods, which serve"),
    Row("duplicate-key", "warning", "a key is defined twice in one mapping"),
    Row("dynamic-lora", "warning", "adapters that are loaded at run time may not be routed", settled_by="models"),
    Row("engine-fields", "warning", "an engine rejects the fields that name it in bodies"),
    Row("engine-unread", "warning", "a payload processor does not read the engine from bodies"),
    Row("forms-unread", "warning", "the gateway does not read forms, in which clients send audio"),
    Row("gateway-setting", "warning", "a setting of the gateway's installation is unknown"),
    Row("gateway-timeout", "warning", "the gateway ends requests early"),
    Row("gateway-unseen", "info", "the Gateway is not in the input"),
    Row("hardware-label", "info", "only a hardware label separates the pods from others"),
    Row("header-removed", "warning", "the gateway removes a header that an HTTPRoute matches"),
    Row("health-check", "warning", "the gateway checks the health of pods at a path that they do not serve"),
    Row("implementation", "info", "the Gateway's implementation needs attention"),
    Row("istio-version", "info", "the release of istio is unknown"),
    Row("key-required", "warning", "the engine requires an API key"),
    Row("label-lies", "warning", "a label contradicts the command of the engine", settled_by="engine"),
    Row("listener-selector", "info", "the labels of a namespace are unknown, and a listener selects by them"),
    Row("mixed-pool", "warning", "an InferencePool selects pods of several workloads", bars="pool"),
    Row("mixed-router", "warning", "a stand-alone router selects pods of several workloads"),
    Row("model-rewrite", "warning", "an InferenceModelRewrite has no effect, or only a part of it"),
    Row("model-unserved", "warning", "an HTTPRoute matches a model that its pools do not serve"),
    Row("multi-port", "warning", "the pods serve on several ports"),
    Row("namespace-unknown", "info", "objects have no namespace"),
    Row("no-common-label", "warning", "the pods have no label in common", bars="selector"),
    Row("no-common-port", "warning", "the pods of all roles have no port in common", bars="ports"),
    Row("no-decode", "warning", "no pods decode", bars="routing"),
    Row("no-generation", "info", "the engine does not generate text"),
    Row("no-model-argument", "warning", "the command names no model to load", settled_by="models"),
    Row("not-accepted", "warning", "a controller rejects an object, or a part of it"),
    Row("not-an-object", "warning", "a document is not a Kubernetes object"),
    Row("not-answered", "info", "the engines did not answer"),
    Row("not-listed", "warning", "a resource may not be listed", lists_all=True),
    Row("not-rendered", "warning", "the labels of the pods contain placeholders", bars="selector"),
    Row("optional-config", "info", "an optional ConfigMap is not in the input"),
    Row("path-prefix", "warning", "a path prefix does not match the paths that the engines serve"),
    Row("payload-processor", "info", "an existing payload processor reads bodies"),
    Row("picker-failure", "info", "the gateway does not honour the failureMode of InferencePools"),
    Row("picker-repeated", "warning", "the gateway asks an endpoint picker several times about one request"),
    Row("picker-tls", "warning", "the gateway and an endpoint picker do not agree on TLS"),
    Row("picker-unreachable", "warning", "the gateway cannot reach an endpoint picker"),
    Row("policy-conflict", "warning", "a policy of the gateway may conflict with a generated one"),
    Row("pool-port-mismatch", "warning", "an InferencePool targets the wrong port", bars="pool"),
    Row("pool-selects-nothing", "warning", "an InferencePool selects no pods", bars="pool"),
    Row("port-conflict", "warning", "two containers of a pod need the same port", bars="pool", settled_by="ports"),
    Row("ports-differ", "warning", "the pods of one ModelService serve on different ports"),
    Row("query-kept", "warning", "endpoint pickers get the query of requests"),
    Row("role-label", "warning", "pods lack the label of their role"),
    Row("roles-disagree", "warning", "the workloads of one ModelService serve different model names"),
    Row("roles-unjoined", "warning", "no routing sidecar connects prefill and decode", bars="routing"),
    Row("rule-name", "warning", "two rules with different InferencePools share a name"),
    Row("second-reader", "warning", "another component also reads the request bodies"),
    Row("security-skipped", "warning", "a SecurityPolicy does not apply to all requests of its route"),
    Row("settings-unused", "warning", "settings describe no ModelService"),
    Row("several-pools", "warning", "a rule has several InferencePools"),
    Row("shadowed", "warning", "another HTTPRoute takes precedence"),
    Row("shared-pod", "warning", "one pod serves several models or engines", bars="routing"),
    Row("simulator", "info", "a simulator serves instead of an engine"),
    Row("take-over", "warning", "an existing InferencePool is overwritten"),
    Row("template", "info", "a command contains placeholders", settled_by="models"),
    Row("tie", "warning", "an older HTTPRoute with equal matches wins"),
    Row("tls", "warning", "the pods serve TLS"),
    Row("unguarded", "warning", "the default engine answers requests for unknown engines"),
    Row("unknown-engine", "warning", "the engine is unknown", bars="routing", settled_by="engine"),
    Row("unreadable-model", "warning", "the model name is unknown", bars="routing", settled_by="models"),
    Row("unreadable-port", "warning", "the port is unknown", bars="ports", settled_by="ports"),
    Row("unroutable-model", "warning", "the model name cannot be matched by a header", bars="routing"),
    Row("unroutable-owner", "warning", "the engine name cannot be matched by a header", bars="routing"),
    Row("weak-selector", "warning", "the selector of an InferencePool may also match other workloads"),
    Row("without-picker", "warning", "no endpoint picker chooses the pods of a Service"),
)


@dataclass(frozen=True, slots=True, order=True)
class Notice:
    """`code` is stable, `object` names the object or the place, `message` is the fact, `remedy` the fix.

    `peers` and `joint` are those of its `Problem`. `pools` are the InferencePools (`InferencePool namespace/name`) that
    cause it: once all of them are overwritten, the notice is resolved.
    """

    code: Code
    object: str
    message: str
    remedy: str
    peers: tuple[str, ...] = ()
    joint: str = ""
    pools: tuple[str, ...] = ()

    @property
    def problem(self) -> Problem:
        """Return the problem to print."""
        return Problem(self.object, self.message, self.remedy, self.code, self.peers, self.joint)


def barring(*bars: Bar) -> frozenset[Code]:
    """Return the codes that prevent any of these."""
    return frozenset(row.code for row in NOTICES if row.bars in bars)


def settled_by(*facts: Fact) -> frozenset[Code]:
    """Return the codes that any of these facts resolves."""
    return frozenset(row.code for row in NOTICES if row.settled_by in facts)


def is_covered(notice: Notice, errors: Collection[Problem]) -> bool:
    """Return whether an error covers a notice: the same problem, or a pool with both wrong pods and the wrong port."""
    if notice.problem in errors:
        return True
    mixed = {error.object for error in errors if error.code == "mixed-pool"}
    return notice.code == "pool-port-mismatch" and notice.object in mixed


def row_of(code: str) -> Row | None:
    """Return the row of a code, or None for unknown codes."""
    return _ROWS.get(code)


_ROWS: Final[dict[str, Row]] = {row.code: row for row in NOTICES}
