"""Objects that make ModelServices elsewhere: a controller or a tool renders them. Data and look-ups, no I/O.

They are read from files only, and told with the command that shows what they make; on a cluster that is there already.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from .inventory import Ignored
from .kinds import MAKERS, kind_read
from .objects import Object, kind_of, name_of

_CLUSTER: Final = "read the cluster where {kind} is applied (leave -f out)"
_COMMANDS: Final = {
    "HelmRelease": "helm template {name} CHART -f VALUES | llmd-routes ... -f -",
    "Application": "argocd app manifests {name} | llmd-routes ... -f -",
}


def ignored(objects: Iterable[Object]) -> list[Ignored]:
    """Return a line for each object that makes others, in input order, with the way to read these."""
    found = []
    for obj in objects:
        read = kind_read(obj)
        if read in MAKERS:
            command = _COMMANDS.get(kind_of(obj), _CLUSTER).format(kind=kind_of(obj), name=name_of(obj))
            reason = f"what it makes is not in the input; {command}"
            found.append(Ignored(f"{kind_of(obj)}/{name_of(obj)}", reason))
    return found
