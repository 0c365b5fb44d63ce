"""The values of Helm charts that configure an InferencePool and its endpoint picker. Pure, no I/O.

Sources: config/charts of https://github.com/llm-d/llm-d-router, and config/charts/inferencepool of
https://github.com/kubernetes-sigs/gateway-api-inference-extension
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from llmd_routes.kube.objects import Ref
from llmd_routes.kube.workloads import Workload
from llmd_routes.model.inventory import ChartValues
from llmd_routes.names import GATEWAY_CHART, POOL_CHART, STANDALONE_CHART

ROUTER_VALUES: Final = ChartValues("router.modelServers.matchLabels", "router.modelServers.targetPorts")
# By the label that a chart sets on the pods of an endpoint picker.
_BY_LABEL: Final = {
    GATEWAY_CHART: ROUTER_VALUES,
    STANDALONE_CHART: ROUTER_VALUES,
    POOL_CHART: ChartValues("inferencePool.modelServers.matchLabels", "inferencePool.targetPorts"),
}


def chart_values(workloads: Iterable[Workload]) -> Mapping[Ref, ChartValues]:
    """Return the values of each endpoint picker's chart, by its Service, which has the name of the workload."""
    return {
        Ref(workload.ref.namespace, "Service", workload.ref.name): values
        for workload in workloads
        for template in workload.templates
        for label, values in _BY_LABEL.items()
        if label in template.labels
    }
