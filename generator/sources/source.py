"""Values that every source of ModelServices yields: the parts of a service, and the roles of its pods. Pure, no I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from llmd_routes.kube.index import Objects
from llmd_routes.kube.kinds import ReadKind
from llmd_routes.kube.objects import Ref
from llmd_routes.kube.workloads import Template, Workload
from llmd_routes.model.inventory import Ignored, PodTemplate
from llmd_routes.names import ROLE
from llmd_routes.notices import Remark
from llmd_routes.pods.servers import Server
from llmd_routes.text.placeholders import placeholder_in

ROLES = ("decode", "prefill", "encode")
# Suffixes after the service's name in the name of a workload with a role.
_SUFFIXES = tuple(f"-{role}" for role in ROLES)


@dataclass(frozen=True, slots=True)
class Unread:
    """Why a workload that is known to serve could not be read, with the fix."""

    reason: str


@dataclass(frozen=True, slots=True)
class Part:
    """One workload that serves, with its facts; the unit that is grouped.

    `templates` are its serving pods, `others` those of the workload that do not serve. `controller` made the workload
    (KServe, the old operator) and keeps a pool named `managed_pool` for it; labels of its own may join its pods to the
    pool `joins`. `config` is the object that says what the
    pods serve, where it is one of its own. `hint` is a role that only a word of its name, or the transfer of its KV
    cache, suggests.
    """

    ref: Ref
    own_namespace: str | None
    server: Server
    templates: tuple[PodTemplate, ...]
    owned_by: tuple[str, str] | None = None
    release: str | None = None
    roles: tuple[str, ...] = ()
    controller: str | None = None
    managed_pool: str | None = None
    notices: tuple[Remark, ...] = ()
    config: Ref | None = None
    others: tuple[PodTemplate, ...] = ()
    hint: str | None = None
    joins: str | None = None

    @property
    def refs(self) -> tuple[Ref, ...]:
        """Return the objects of the part."""
        return (self.ref, self.config) if self.config else (self.ref,)

    @property
    def base_name(self) -> str:
        """Return the workload's name without role suffix."""
        return strip_role(self.ref.name)

    def label(self, key: str) -> str | None:
        """Return a label of its first serving pods."""
        return self.templates[0].labels.get(key) if self.templates else None


def strip_role(name: str) -> str:
    """Return a name without its role suffix (`-decode`, `-prefill`, `-encode`)."""
    suffix = next((s for s in _SUFFIXES if name.endswith(s) and name != s), "")
    return name.removesuffix(suffix) if suffix else name


def strip_role_word(name: str) -> str:
    """Return a name without the first word that is a role (`x-decode-main` becomes `x-main`)."""
    words = name.split("-")
    role = next((word for word in words if word in ROLES), None)
    if role is not None and len(words) > 1:
        words.remove(role)
    return "-".join(words)


def roles_of(name: str, labels: Mapping[str, str], role: str | None = None) -> tuple[str, ...]:
    """Return the role of a workload: from its label, else its arguments, else its name's suffix, else none."""
    label = labels.get(ROLE, "")
    stated = role if placeholder_in(label) else label or role
    if stated:
        return (stated,)
    return tuple(role for role in ROLES if name.endswith(f"-{role}"))


def hint_of(name: str, transfer: str | None) -> str | None:
    """Return the role that the transfer of KV caches or a word of the name suggests, None if both are silent."""
    words = re.split("[-.]", name)
    return transfer or next((role for role in ROLES[:2] if role in words), None)


def main_part(parts: Sequence[Part]) -> Part:
    """Return the part that clients reach: one that decodes, or one without a role, before prefill and encode."""

    def rank(part: Part) -> tuple[int, Ref]:
        first = not part.roles or any("decode" in role or role == "both" for role in part.roles)
        return (0 if first else 1, part.ref)

    return min(parts, key=rank)


@dataclass(frozen=True, slots=True)
class Found:
    """The result of a source.

    Later sources ignore the workloads in `claimed`. `ignored` are workloads that look like servers and are not. `pods`
    do not serve, so selectors must not match them.
    """

    parts: tuple[Part, ...] = ()
    claimed: frozenset[Ref] = frozenset()
    ignored: tuple[Ignored, ...] = ()
    pods: tuple[PodTemplate, ...] = ()


class Source(Protocol):
    """A source of ModelServices: a module with the kinds that it reads besides the common ones."""

    READS: tuple[ReadKind, ...]

    def read(self, objects: Objects, left: Sequence[Workload]) -> Found:
        """Return what is found among objects, and among the workloads that earlier sources have not claimed."""


def pods_of_template(workload: Workload, template: Template, by_place: bool = False) -> list[PodTemplate]:
    """Return the pods of a template, one for each of its positions in a group, which may be their only difference."""
    path = template.path if workload.own_object else None
    places = [{template.index: place} for place in template.places] if template.index else [{}]
    derived = template.derived or by_place
    return [
        PodTemplate(workload.ref, {**template.labels, **place}, derived, path, template.identity) for place in places
    ]


def pods_of(workload: Workload) -> list[PodTemplate]:
    """Return all pods of a workload."""
    return [pod for template in workload.templates for pod in pods_of_template(workload, template)]
