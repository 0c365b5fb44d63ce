"""The kinds of Kubernetes objects that are read, their names in the API, and the identity of objects.

Data and look-ups only, no I/O: both readers (files and cluster) take their list from here, so that the same objects
in a folder and in a cluster give the same input to what follows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Final

from llmd_routes.gateways import IMPLEMENTATIONS
from llmd_routes.kube.kinds import COMMON, COMMON_EMITTED, ReadKind
from llmd_routes.kube.objects import Object, group_of, kind_of, mapping, name_of, namespace_of
from llmd_routes.names import GATEWAY, POOL_V1
from llmd_routes.sources import SOURCES
from llmd_routes.sources.renderers import MAKERS

_OF_GATEWAYS: Final = dict.fromkeys(read for one in IMPLEMENTATIONS for read in one.reads)
KINDS: Final = (*COMMON, *(read for source in SOURCES for read in source.READS), *_OF_GATEWAYS)
EMITTED: Final = (*COMMON_EMITTED, *dict.fromkeys(read for one in IMPLEMENTATIONS for read in one.prints))

_BY_NAME: Final = {(read.group, read.kind): read for read in (*KINDS, *MAKERS)}

Identity = tuple[str, str, str, str]


def kind_read(obj: Object) -> ReadKind | None:
    """Return the entry for an object of any version of its group, or None if such objects are not read."""
    return _BY_NAME.get((group_of(obj), kind_of(obj)))


def identity(obj: Object) -> Identity:
    """Return what identifies an object and orders it: group, kind, namespace or "", name.

    The version is not included, because every version of a group represents the same object.
    """
    read = kind_read(obj)
    namespace = "" if read and not read.namespaced else namespace_of(obj) or ""
    return group_of(obj), kind_of(obj), namespace, name_of(obj)


def kinds_written(implementations: Iterable[str], objects: Iterable[Object]) -> tuple[ReadKind, ...]:
    """Return the kinds that objects have, or may get from implementations of the Gateway API, in apply order.

    HTTPRoutes and InferencePools of the current API are always among them.
    """
    names = set(implementations)
    printed = {read for one in IMPLEMENTATIONS if one.name in names for read in one.prints}
    present = {(group_of(obj), kind_of(obj)) for obj in objects} | {(GATEWAY, "HTTPRoute"), (POOL_V1, "InferencePool")}
    return tuple(read for read in EMITTED if read in printed or (read.group, read.kind) in present)


def in_order(objects: list[Object]) -> tuple[Object, ...]:
    """Return the objects sorted by identity; those without a fixed name (generateName) also by content."""
    return tuple(sorted(objects, key=lambda obj: (identity(obj), _content(obj))))


def _content(obj: Object) -> str:
    named = mapping(obj, "metadata").get("name")
    return "" if named else json.dumps(obj, sort_keys=True, default=str)


def without_managed_fields(obj: Object) -> Object:
    """Return the object without `metadata.managedFields`, which is long and affects no decision."""
    metadata = obj.get("metadata")
    if not isinstance(metadata, dict) or "managedFields" not in metadata:
        return obj
    return {**obj, "metadata": {key: value for key, value in metadata.items() if key != "managedFields"}}
