"""Read existing payload processors and the Services that select their pods. Pure, no I/O."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from llmd_routes.kube.index import Objects
from llmd_routes.kube.objects import Ref, name_of
from llmd_routes.kube.services import Fronts, selecting
from llmd_routes.kube.workloads import Workload
from llmd_routes.model.processors import PayloadProcessor
from llmd_routes.pods.payload_processors import copied_fields, processor_container


def read_payload_processors(
    workloads: Sequence[Workload], objects: Objects, fronts: Fronts
) -> Iterator[PayloadProcessor]:
    """Yield the payload processors among the workloads, in their order; `fronts` are the Services of the input."""
    for workload in workloads:
        for template in workload.templates[:1]:
            container = processor_container(template.spec)
            if container is None:
                continue
            namespace = workload.ref.namespace
            headers, setting = copied_fields(template.spec, container, objects.config_maps(namespace))
            services = selecting(fronts, template.labels, namespace)
            refs = tuple(Ref(namespace, "Service", name_of(service)) for service in services)
            yield PayloadProcessor(workload.ref, refs, headers, setting)
