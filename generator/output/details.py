"""Show what was read and the source of each fact, for -v. Pure: lines out, no I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from llmd_routes.kube.objects import Object, kind_of
from llmd_routes.model.inventory import Inventory


def details(objects: Sequence[Object], inventory: Inventory) -> list[str]:
    """Return the objects by kind, then the evidence of each ModelService by fact, then the ignored objects."""
    kinds = Counter(kind_of(obj) for obj in objects)
    numbers = ", ".join(f"{number} {kind}" for kind, number in sorted(kinds.items()))
    lines = [f"read {len(objects)} objects: {numbers}" if objects else "read no object"]
    for service in inventory.services:
        lines += [
            f"{service.title}: {fact}: {evidence}"
            for fact, listed in sorted(service.evidence.items())
            for evidence in listed
        ]
    return lines + [f"ignored {ignored.object}: {ignored.reason}" for ignored in inventory.ignored]
