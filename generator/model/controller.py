"""The values that describe an emitted controller. Frozen, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from llmd_routes.kube.kinds import ReadKind
from llmd_routes.kube.objects import Object, Ref


class Rule(NamedTuple):
    """A rule of RBAC: all verbs on all resources of an API group, or on objects with these names only."""

    group: str
    resources: tuple[str, ...]
    verbs: tuple[str, ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ControllerRequest:
    """The request for a controller: `ref` names its Deployment; `namespaces` are those to read, empty for all.

    `files` are those of its ConfigMap, by name; `scrapers` the namespaces of pods that scrape its metrics. `kinds` are
    the kinds that it may write, and `manifests` the objects that it would write now. `editor` is the ServiceAccount
    that may change its ConfigMap, if any.
    """

    ref: Ref
    image: str
    instance: str
    namespaces: tuple[str, ...]
    files: Mapping[str, str]
    kinds: tuple[ReadKind, ...]
    manifests: tuple[Object, ...]
    scrapers: tuple[str, ...] = ()
    editor: Ref | None = None


@dataclass(frozen=True, slots=True)
class ControllerPlan:
    """A controller: `ref` names its Deployment, and most other objects.

    `everywhere` are its rules for the whole cluster, `roles` those for single namespaces. The ServiceAccount `editor`
    may change its ConfigMap.
    """

    ref: Ref
    image: str
    instance: str
    files: Mapping[str, str]
    everywhere: tuple[Rule, ...]
    roles: Mapping[str, tuple[Rule, ...]] = field(default_factory=dict)
    scrapers: tuple[str, ...] = ()
    editor: Ref | None = None
