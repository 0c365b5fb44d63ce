"""Read what the API server supports from the CRDs among the objects. Pure, no I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable

from llmd_routes.kube.objects import Object, group_of, kind_of, name_of, text
from llmd_routes.model.inventory import Platform
from llmd_routes.names import BUNDLE_VERSION, CRD, GATEWAY, POOL_GROUPS


def read_platform(objects: Iterable[Object]) -> Platform:
    """Return what the API server supports, according to the CRDs among the objects.

    HTTPRoute's `rules[].timeouts` and 64 matches per rule (8 before) are in the standard channel since v1.2; the
    experimental channel had timeouts earlier. Rules have names since v1.4, in the experimental channel since v1.2.
    """
    crds = {name_of(obj): obj for obj in objects if kind_of(obj) == "CustomResourceDefinition" and group_of(obj) == CRD}
    http_routes = crds.get(f"httproutes.{GATEWAY}")
    version = _version(text(http_routes, "metadata", "annotations", BUNDLE_VERSION))
    experimental = text(http_routes, "metadata", "annotations", f"{GATEWAY}/channel") == "experimental"
    pools = tuple(group for group in POOL_GROUPS if f"inferencepools.{group}" in crds)
    return Platform(
        pool_groups=pools or None,
        route_matches=64 if version and version >= (1, 2) else 8,
        crds=frozenset(crds),
        route_timeouts=version is None or version >= (1, 2) or experimental,
        rule_names=version is None or version >= (1, 4) or (experimental and version >= (1, 2)),
    )


def _version(text_version: str | None) -> tuple[int, int] | None:
    match = re.match(r"v(\d{1,9})\.(\d{1,9})", text_version or "")
    return (int(match.group(1)), int(match.group(2))) if match else None
