"""Fill the templates with a plan: values in, manifests out, as text and as plain objects. No decisions, no I/O.

Every value passes the filter `scalar` of the templates, which makes JSON of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

from llmd_routes.gateways import IMPLEMENTATIONS
from llmd_routes.kube.objects import Object, Ref, kind_of, name_of, namespace_of
from llmd_routes.model.endpoint import Aggregator
from llmd_routes.model.plan import Plan
from llmd_routes.model.printed import Extractor, Printed
from llmd_routes.names import POOL_V1ALPHA2
from llmd_routes.text.yaml_values import load

from .lua_program import extractor
from .templating import digest, environment

# Referenced objects come first.
_RANK: Final = (
    *("ServiceAccount", "Role", "RoleBinding", "ConfigMap", "Service", "Deployment"),
    *("PodDisruptionBudget", "NetworkPolicy", "InferencePool"),
    *dict.fromkeys(read.kind for one in IMPLEMENTATIONS for read in one.prints),
    "HTTPRoute",
)
_EPP_TEMPLATES: Final = tuple(f"epp/{kind.lower()}.yaml.j2" for kind in _RANK[:8])


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object to emit: its YAML text, ending with a newline, and the object."""

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
        "attachments": plan.attachments,
        "hostnames": plan.hostnames,
        "timeout": plan.timeout,
        "retried": plan.retried,
        "answered": plan.endpoint.kind == "static",
    }
    made = [filled(_pool_template(pool.group), pool=pool, **shared) for pool in plan.pools]
    made += [
        filled(name, epp=epp, digest=digest(epp.config), callers=plan.callers, scrapers=plan.scrapers, **shared)
        for epp in plan.epps
        for name in _EPP_TEMPLATES
    ]
    made += [render_printed(one, plan.instance) for one in plan.printed]
    made += _server(plan.endpoint.aggregator, shared) if plan.endpoint.aggregator else []
    made += [filled("common/httproute.yaml.j2", route=route, **shared) for route in plan.routes]
    return sorted(made, key=lambda manifest: manifest.order)


def _server(server: Aggregator, shared: Mapping[str, Any]) -> list[Manifest]:
    """Return the objects of the models server, with its catalog in one or more ConfigMaps."""
    ref = server.ref
    files = {f"{ref.name}-{number}": text for number, text in enumerate(server.files, start=1)}
    made = [
        filled(
            "models_server/configmap.yaml.j2",
            ref=Ref(ref.namespace, "ConfigMap", name),
            key=f"{name}.json",
            text=text,
            **shared,
        )
        for name, text in files.items()
    ]
    for kind, namespace in product(("Role", "RoleBinding"), server.watched):
        place = Ref(namespace, kind, ref.name)
        made.append(filled(f"models_server/{kind.lower()}.yaml.j2", ref=place, server=server, **shared))
    kinds = ("serviceaccount", "service", "deployment", "poddisruptionbudget", "networkpolicy")
    return made + [filled(f"models_server/{kind}.yaml.j2", server=server, files=files, **shared) for kind in kinds]


def render_printed(one: Printed, instance: str) -> Manifest:
    """Return the object that an implementation of the Gateway API adds, with its program filled in."""
    values = {
        name: extractor(value.settings, value.catalog, responds=value.responds)
        if isinstance(value, Extractor)
        else value
        for name, value in one.values.items()
    }
    return filled(one.template, ref=one.ref, instance=instance, **values)


def _pool_template(group: str) -> str:
    return "common/inferencepool-v1alpha2.yaml.j2" if group == POOL_V1ALPHA2 else "common/inferencepool.yaml.j2"


def filled(template: str, **values: Any) -> Manifest:
    """Return the object that a template makes of values."""
    text = environment().get_template(template).render(values)
    return Manifest(text, load(text))
