"""Where ModelServices come from: one module per source. They know pods, and nothing of gateways or routes.

To add one, write its module (`sources.source.Source`) and add it to SOURCES.
"""

from __future__ import annotations

from typing import Final

from . import dual_pods, kserve, operator, renderers, workloads
from .source import Source

# In order: each source gets the workloads that earlier sources have not claimed.
SOURCES: Final[tuple[Source, ...]] = (kserve, operator, dual_pods, renderers, workloads)
# The field that configures routes, for each resource whose controller can create routes.
ROUTE_FIELDS: Final = {kserve.KIND: kserve.ROUTE_FIELD}
