"""What a person should know and nothing fails of: values, without behaviour. `docs/notices.md` explains each code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Code = Literal[
    "already-routed",
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
    "multi-port",
    "namespace-unknown",
    "no-common-label",
    "no-decode",
    "no-model-argument",
    "not-an-object",
    "not-answered",
    "not-listed",
    "optional-config",
    "path-prefix",
    "pool-port-mismatch",
    "port-conflict",
    "ports-differ",
    "roles-disagree",
    "roles-unjoined",
    "rule-name",
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
]
# A notice whose object is not known yet: code, fact, remedy.
Problem = tuple[Code, str, str]


@dataclass(frozen=True, slots=True, order=True)
class Notice:
    """`code` is stable, `object` names the object or the place, `message` is the fact, `remedy` says what to do."""

    code: Code
    object: str
    message: str
    remedy: str
