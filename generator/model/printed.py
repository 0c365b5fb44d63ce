"""Objects that an implementation of the Gateway API adds to what every gateway gets. Frozen values, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from llmd_routes.kube.objects import Ref
from llmd_routes_sidecar.catalog import Catalog
from llmd_routes_sidecar.extraction import Settings


@dataclass(frozen=True, slots=True)
class Extractor:
    """A placeholder that the output replaces with the program of a gateway's filter, rendered from these values.

    With `responds`, the filter itself answers requests that no engine serves; else the routes decide.
    """

    settings: Settings
    catalog: Catalog | None = None
    responds: bool = False


@dataclass(frozen=True, slots=True)
class Printed:
    """An object to emit: its template, and values besides those that every template gets.

    `note` is a line for the report, empty for none.
    """

    ref: Ref
    template: str
    values: Mapping[str, Any] = field(default_factory=dict)
    note: str = ""
