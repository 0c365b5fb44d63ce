"""Plans a pool with an endpoint picker (EPP) of its own for a ModelService that has none. Pure, no I/O.

The EPP is that of gateway-api-inference-extension, one replica as its charts recommend (prefix-cache state is held in
memory), with the scorers of its own default configuration.
"""

from __future__ import annotations

import json
import re
from typing import Final

from llmd_routes.kube.objects import Ref
from llmd_routes.model.inventory import Epp
from llmd_routes.model.naming import shortened
from llmd_routes.model.options import Options
from llmd_routes.model.plan import Backend, Keyed, PlannedEpp, PlannedPool
from llmd_routes.names import EPP_PORT, POOL_V1ALPHA2
from llmd_routes.pods.engines import USUAL, named

IMAGE: Final = "registry.k8s.io/gateway-api-inference-extension/epp:v1.5.0"
_LONGEST: Final = 63
_SUFFIX: Final = "-epp"
_CONFIG: Final = """\
apiVersion: inference.networking.x-k8s.io/v1alpha1
kind: EndpointPickerConfig
plugins:
  - type: queue-scorer
  - type: kv-cache-utilization-scorer
  - type: prefix-cache-scorer
  - type: metrics-data-source
    parameters:
      scheme: http
      path: {path}
  - type: core-metrics-extractor
    parameters:
      defaultEngine: {engine}
schedulingProfiles:
  - name: default
    plugins:
      - pluginRef: queue-scorer
        weight: 2
      - pluginRef: kv-cache-utilization-scorer
        weight: 2
      - pluginRef: prefix-cache-scorer
        weight: 3
"""


def obstacles(one: Keyed, group: str, options: Options) -> list[str]:
    """Return why no EPP can be deployed for a service."""
    found = []
    if len(one.service.roles) > 1 and options.epp_config is None:
        found.append(
            f"{one.service.title}: has pods that {' and '.join(one.service.roles)}, which an endpoint picker must be"
            " told how to join; give --epp-config FILE"
        )
    if group == POOL_V1ALPHA2 and options.epp_image is None:
        found.append(
            f"{one.service.title}: needs a v1alpha2 pool, which {IMAGE} does not know;"
            " give --epp-image with one that does"
        )
    return found


def deployed(one: Keyed, group: str, options: Options) -> Backend:
    """Return the pool `<service>-<owner>` of a service with its EPP `<service>-<owner>-epp`."""
    service = one.service
    name = pool_name(one)
    pool = Ref(service.namespace, "InferencePool", name)
    workload = Ref(service.namespace, "Deployment", f"{name}{_SUFFIX}")
    epp = Epp(workload, workload.name, EPP_PORT, name, service.namespace, group, tls=True, release=None)
    planned_epp = PlannedEpp(
        workload, pool, group, options.epp_image or IMAGE, options.epp_config or default_config(service.engine)
    )
    planned = PlannedPool(pool, group, dict(service.selector or {}), service.ports, workload.name, EPP_PORT)
    return Backend(one, pool, group, epp, planned, planned_epp)


def pool_name(one: Keyed) -> str:
    """Return a name that a Service may have too: lower case, without dots, beginning with a letter."""
    base = one.service.name or "-".join(ref.name for ref in one.service.workloads)
    name = re.sub(r"[^a-z0-9-]+", "-", f"{base}-{one.owner}".lower()).strip("-")
    return shortened(name if name[0].isalpha() else f"m-{name}", _LONGEST - len(_SUFFIX))


def default_config(engine: str | None) -> str:
    """Return the EndpointPickerConfig for the metrics of an engine."""
    row = named(engine) or USUAL
    return _CONFIG.format(engine=json.dumps(row.metrics), path=row.metrics_path)
