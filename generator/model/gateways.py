"""The values that describe what stands before the pools: Gateways, HTTPRoutes and policies. Frozen, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from llmd_routes.kube.objects import Ref


@dataclass(frozen=True, slots=True)
class Listener:
    """A listener of a Gateway; `namespaces_from` is All, Same or Selector, `namespaces_selector` the LabelSelector.

    `kinds` are the allowed route kinds, empty for the defaults of its protocol.
    """

    name: str
    port: int
    protocol: str
    hostname: str | None
    namespaces_from: str
    namespaces_selector: Mapping[str, Any] = field(default_factory=dict)
    kinds: tuple[str, ...] = ()


class Version(NamedTuple):
    """A release of an implementation of the Gateway API."""

    major: int
    minor: int
    patch: int = 0

    def __str__(self) -> str:
        return ".".join(map(str, self))


@dataclass(frozen=True, slots=True)
class Gateway:
    """A Gateway; `implementation` is None if its class is unknown.

    `listeners` are in the order of the object. `releases` are those in image tags, by implementation, because the class
    may not identify it.
    """

    ref: Ref
    own_namespace: str | None
    gateway_class: str
    implementation: str | None
    listeners: tuple[Listener, ...]
    releases: Mapping[str, Version] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """An existing HTTPRoute: `spec` is the raw spec, `instance` the instance label of llmd-routes or None.

    `origin` is what maintains it, as part of a sentence: "the values of Helm release NAME"; None if unknown. `created`
    is the time of its creation in the format of RFC 3339, None if it is unknown.
    """

    ref: Ref
    own_namespace: str | None
    spec: Mapping[str, Any]
    origin: str | None
    instance: str | None
    created: str | None = None

    def place_of(self, number: int, field: str) -> str:
        """Return where to change a field of a rule; rules are counted from 0."""
        if self.origin is None:
            return f"spec.rules[{number}].{field} of {self.ref}"
        return f"{field} of rule {number + 1} in {self.origin}"


@dataclass(frozen=True, slots=True)
class Policy:
    """An existing object of an implementation's own kinds that can conflict with emitted objects.

    `targets` are the Gateways or hosts that it applies to, depending on its kind. `instance` is the instance label of
    llmd-routes, or None. `spec` is the raw spec if it matters.
    """

    ref: Ref
    targets: tuple[str, ...]
    instance: str | None
    spec: Mapping[str, Any] = field(default_factory=dict)
