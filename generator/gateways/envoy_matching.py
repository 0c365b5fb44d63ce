"""The patterns by which an Envoy decides whether a filter reads a request. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from llmd_routes_sidecar.extraction import MODELS, Settings


class Patterns(NamedTuple):
    """Regular expressions (RE2) of whole values: the paths of routes, of their models lists, and their hosts.

    Paths include the query. `hosts` match in any case and with any port; None for all hosts.
    """

    paths: str
    lists: str
    hosts: str | None


def patterns_of(settings: Settings) -> Patterns:
    """Return the patterns of the requests that are read: those to the paths, but not to the models lists."""
    tops = "|".join(re.escape(prefix.rstrip("/")) for prefix in settings.prefixes)
    lists = f"({tops}){re.escape(MODELS)}([/?].*)?"
    return Patterns(f"({tops})([/?].*)?", lists, _hosts(settings.hosts))


def _hosts(hosts: Sequence[str]) -> str | None:
    names = [f".+{re.escape(host[1:])}" if host.startswith("*.") else re.escape(host) for host in hosts]
    return f"(?i)({'|'.join(names)})(:[0-9]*)?" if names else None
