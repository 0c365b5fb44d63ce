"""Find pods that are ready and do not serve the port of their InferencePool. Pure: the answers come from outside.

A pod without a readiness probe is ready as soon as its containers run, whatever they listen at.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from llmd_routes.explaining.backends import is_ready
from llmd_routes.explaining.surroundings import Surroundings
from llmd_routes.kube.objects import Object, labels
from llmd_routes.model.findings import Diagnosis, Finding
from llmd_routes.model.inventory import Pool
from llmd_routes.model.probes import PodPort, Silence
from llmd_routes.pods.ports import active_ports


def ports_to_ask(diagnosis: Diagnosis, around: Surroundings) -> list[PodPort]:
    """Return the ports of all ready pods behind the sound paths, without repetition, in their order."""
    pools = dict.fromkeys(path.destination.backend for path in diagnosis.paths)
    every = [each for ref in pools for pool in around.pools_at(ref)[:1] for each in _ports(pool, around)]
    return list(dict.fromkeys(every))


def with_silences(diagnosis: Diagnosis, silences: Sequence[Silence]) -> Diagnosis:
    """Return a diagnosis with a finding for each port that does not serve; paths to these pools are not sound."""
    findings = [_silent(silence) for silence in silences]
    named = {finding.object for finding in findings}
    paths = tuple(path for path in diagnosis.paths if str(path.destination.backend) not in named)
    return replace(diagnosis, findings=(*findings, *diagnosis.findings), paths=paths)


def _ports(pool: Pool, around: Surroundings) -> Iterator[PodPort]:
    schemes = {service.scheme for service in around.served_by(pool.ref)}
    scheme = "https" if schemes == {"https"} else "http"
    for pod in around.pods_of(pool.ref.namespace, pool.selector) if pool.selector else ():
        if is_ready(pod):
            for port in _active(pod, pool):
                yield PodPort(pool.ref, around.objects.ref(pod), port, scheme)


def _active(pod: Object, pool: Pool) -> Sequence[int]:
    """Return the target ports that the endpoint picker uses of a pod."""
    active = active_ports(labels(pod, "metadata", "annotations"))
    return [port for port in pool.ports if active is None or port in active[0]]


def _silent(silence: Silence) -> Finding:
    asked = silence.port
    return Finding(
        "error",
        "not-serving",
        str(asked.pool),
        "spec.targetPorts",
        f"{asked.pod} is ready but does not serve port {asked.port}: {silence.reason}",
        "requests that reach the pod get 503",
        f"see the ports in the log: kubectl logs -n {asked.pod.namespace} {asked.pod.name}; correct the port of the"
        " engine or of the pool, and add a readiness probe",
    )
