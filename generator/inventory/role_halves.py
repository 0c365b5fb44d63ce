"""Join workloads that only prefill with those that only decode, if nothing else identifies their service.

llm-d's chart names such workloads alike and labels them; hand-made manifests often have only a word in the name or an
argument. A role that is only suggested counts once the other half is there too. Pure, no I/O.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from llmd_routes.kube.objects import Ref
from llmd_routes.names import ROLE
from llmd_routes.sources.source import Part

_Key = tuple[str, str, str, str]


def join_halves(groups: Sequence[Sequence[Part]]) -> list[list[Part]]:
    """Return the groups in order of their first parts, with the halves of one service joined.

    Halves share namespace, engine, owner and a model. They stay separate if several of them decode and belong to
    different releases, because the prefill workload could belong to any of these.
    """
    halves: dict[_Key, dict[int, str]] = {}
    for number, parts in enumerate(groups):
        role = _half(parts)
        for key in _keys(parts) if role else ():
            halves.setdefault(key, {})[number] = role or ""
    joined: dict[int, int] = {}
    for numbers in halves.values():
        if set(numbers.values()) == {"decode", "prefill"} and _is_one(groups, numbers):
            roots = {joined.get(number, number) for number in numbers}
            members = {number for number, root in joined.items() if root in roots}
            joined.update(dict.fromkeys((*members, *numbers), min(roots)))
    together: dict[int, list[Part]] = {}
    for number, parts in enumerate(groups):
        settled = [_with_role(part) for part in parts] if number in joined else list(parts)
        together.setdefault(joined.get(number, number), []).extend(settled)
    return [sorted(parts, key=lambda part: (part.ref, part.server.engine or "")) for parts in together.values()]


def unlabelled_roles(parts: Sequence[Part]) -> dict[Ref, str]:
    """Map each workload to its role if its pods lack the label that pickers filter by; empty for a single role.

    Controllers set the label themselves.
    """
    if len({role for part in parts for role in part.roles}) < 2 or any(part.controller for part in parts):
        return {}
    return {part.ref: role for part in parts for role in part.roles if not part.label(ROLE)}


def _half(parts: Sequence[Part]) -> str | None:
    """Return the only role of a group, explicit or inferred; None if it has several, another, or a part without one."""
    if any(part.controller or part.config for part in parts):
        return None
    roles = {role for part in parts for role in (part.roles or (part.hint or "",))}
    return next(iter(roles)) if roles in ({"decode"}, {"prefill"}) else None


def _keys(parts: Sequence[Part]) -> set[_Key]:
    return {
        (part.ref.namespace, part.server.engine or "", part.owned_by[0] if part.owned_by else "", model)
        for part in parts
        for model in part.server.served.models
    }


def _is_one(groups: Sequence[Sequence[Part]], numbers: dict[int, str]) -> bool:
    decoding = [number for number, role in numbers.items() if role == "decode"]
    releases = {part.release for number in numbers for part in groups[number]}
    return len(decoding) == 1 or len(releases) == 1


def _with_role(part: Part) -> Part:
    return part if part.roles or part.hint is None else replace(part, roles=(part.hint,))
