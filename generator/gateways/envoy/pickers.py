"""The endpoint pickers that Envoy asks for a pod of an InferencePool. Pure, no I/O."""

from __future__ import annotations

from dataclasses import dataclass

from llmd_routes.kube.objects import ServicePort
from llmd_routes.model.plan import Backend
from llmd_routes.problems import Problem


@dataclass(frozen=True, slots=True, order=True)
class Picker:
    """The Service and the gRPC port of an endpoint picker, and whether it serves TLS."""

    service: ServicePort
    tls: bool


def picker_of(backend: Backend) -> Picker | Problem:
    """Return the endpoint picker of an InferencePool, or the error that it is unknown.

    Endpoint pickers serve TLS by default, so one whose pods are not in the input is assumed to do so.
    """
    named = backend.planned or backend.there
    if named is None or not named.epp:
        fact = "its endpoint picker is unknown, because the InferencePool is not in the input"
        if named is not None:
            fact = "names no endpoint picker"
        return Problem(str(backend.target), fact, "add the InferencePool, with its endpointPickerRef, to the input")
    service = ServicePort(backend.target.namespace, named.epp, named.epp_port)
    return Picker(service, backend.epp.tls if backend.epp else True)
