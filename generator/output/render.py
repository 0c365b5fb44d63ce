"""Fills the templates with a plan: values in, manifests out, as text and as plain objects. No decisions, no I/O.

Every value passes the filter `scalar` of the templates, which makes JSON of it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

from llmd_routes import __version__
from llmd_routes.gateways.istio.lua import METADATA
from llmd_routes.kube.objects import Object, Ref, kind_of, name_of, namespace_of
from llmd_routes.model.plan import Aggregator, Plan, PlannedFilter, Processor, buffer_of, memory_of
from llmd_routes.names import CLUSTER_DOMAIN, POOL_V1ALPHA2
from llmd_routes.text.yaml_values import load
from llmd_routes_sidecar.answers import ALLOWED, STATUSES, too_large
from llmd_routes_sidecar.extraction import MODELS

from .lua_program import extractor
from .templating import environment

# What others refer to comes first.
_RANK: Final = (
    *("ServiceAccount", "Role", "RoleBinding", "ConfigMap", "Service", "Deployment"),
    *("PodDisruptionBudget", "NetworkPolicy", "InferencePool", "DestinationRule", "EnvoyFilter", "HTTPRoute"),
)
_EPP_TEMPLATES: Final = tuple(f"{kind.lower()}.yaml.j2" for kind in _RANK[:6])

_GENERATOR: Final = f"llmd-routes-{__version__}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object to emit: its YAML text, ending with a newline, and what that text says."""

    text: str
    obj: Object

    @property
    def order(self) -> tuple[int, str, str]:
        """Return its place in the output: by kind, namespace and name."""
        return _RANK.index(kind_of(self.obj)), namespace_of(self.obj) or "", name_of(self.obj)


def render(plan: Plan) -> list[Manifest]:
    """Return the manifests of a plan, in the order in which they are applied; equal plans give equal bytes."""
    shared = {
        "instance": plan.instance,
        "generator": _GENERATOR,
        "attachments": plan.attachments,
        "hostnames": plan.hostnames,
        "timeout": plan.timeout,
    }
    made = [_filled(_pool_template(pool.group), pool=pool, **shared) for pool in plan.pools]
    made += [
        _filled(name, epp=epp, digest=_digest(epp.config), **shared) for epp in plan.epps for name in _EPP_TEMPLATES
    ]
    made += [_filled(one.template, ref=one.ref, **one.values, **shared) for one in plan.printed]
    made += [render_filter(one, plan.instance) for one in plan.carrier.filters]
    made += [manifest for one in plan.carrier.processors for manifest in render_processor(*one, plan.instance)]
    made += _server(plan.endpoint.aggregator, shared) if plan.endpoint.aggregator else []
    made += [_filled("httproute.yaml.j2", route=route, **shared) for route in plan.routes]
    return sorted(made, key=lambda manifest: manifest.order)


def _server(server: Aggregator, shared: Mapping[str, Any]) -> list[Manifest]:
    """Return the server that answers for models, and its catalog in as many ConfigMaps as it takes."""
    ref = server.ref
    files = {f"{ref.name}-{number}": text for number, text in enumerate(server.files, start=1)}
    made = [
        _filled(
            "models-configmap.yaml.j2",
            ref=Ref(ref.namespace, "ConfigMap", name),
            key=f"{name}.json",
            text=text,
            **shared,
        )
        for name, text in files.items()
    ]
    for kind, namespace in product(("Role", "RoleBinding"), server.watched):
        place = Ref(namespace, kind, ref.name)
        made.append(_filled(f"models-{kind.lower()}.yaml.j2", ref=place, server=server, **shared))
    kinds = ("serviceaccount", "service", "deployment", "poddisruptionbudget", "networkpolicy")
    return made + [_filled(f"models-{kind}.yaml.j2", server=server, files=files, **shared) for kind in kinds]


def render_processor(one: PlannedFilter, processor: Processor, instance: str) -> list[Manifest]:
    """Return the pods that the Gateway of a filter asks, and what they need."""
    settings = one.settings
    values = {
        "instance": instance,
        "generator": _GENERATOR,
        "ref": processor.ref,
        "processor": processor,
        "settings": settings,
        "splits": {model: _weights(owners) for model, owners in sorted(settings.splits.items())},
        "memory": memory_of(one, processor) // 1024**2,
        "authority": _authority(processor),
    }
    kinds = ("service", "deployment", "poddisruptionbudget", "networkpolicy", "destinationrule")
    return [_filled(f"processor-{kind}.yaml.j2", **values) for kind in kinds]


def _weights(owners: Mapping[str, int]) -> str:
    return ",".join(f"{owner}={weight}" for owner, weight in sorted(owners.items()))


def _authority(processor: Processor) -> str:
    return f"{processor.ref.name}.{processor.ref.namespace}.{CLUSTER_DOMAIN}"


def render_filter(one: PlannedFilter, instance: str) -> Manifest:
    """Return an EnvoyFilter; programs, answers and sizes follow from its settings."""
    settings = one.settings
    tops = "|".join(re.escape(prefix.rstrip("/")) for prefix in settings.prefixes)
    shared: dict[str, Any] = {
        "filter": one,
        "instance": instance,
        "generator": _GENERATOR,
        "paths": f"({tops})([/?].*)?",
    }
    if one.processor is not None:
        authority = _authority(one.processor)
        return _filled(
            "processor-envoyfilter.yaml.j2",
            lists=f"({tops}){re.escape(MODELS)}([/?].*)?",
            hosts=_hosts(settings.hosts),
            # As istiod names the cluster of a port of a Service.
            cluster=f"outbound|{one.processor.service.port}||{authority}",
            authority=authority,
            **shared,
        )
    return _filled(
        "envoyfilter.yaml.j2",
        program=extractor(settings, one.catalog),
        statuses=STATUSES if one.catalog else (),
        allowed=", ".join(ALLOWED),
        namespace=METADATA,
        buffer=buffer_of(one),
        too_large=too_large(settings.body_limit).body,
        **shared,
    )


def _hosts(hosts: Sequence[str]) -> str | None:
    """Return what the hosts of routes match, in any case and with any port; None where there are none."""
    names = [f".+{re.escape(host[1:])}" if host.startswith("*.") else re.escape(host) for host in hosts]
    return f"(?i)({'|'.join(names)})(:[0-9]*)?" if names else None


def _digest(text: str) -> str:
    """Return what tells one configuration from another; in a pod's annotations it restarts the pod on a change."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _pool_template(group: str) -> str:
    return "inferencepool-v1alpha2.yaml.j2" if group == POOL_V1ALPHA2 else "inferencepool.yaml.j2"


def _filled(template: str, **values: Any) -> Manifest:
    text = environment().get_template(template).render(values)
    return Manifest(text, load(text))
