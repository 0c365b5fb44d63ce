"""Fills the templates with a plan: values in, manifests out, as text and as plain objects. No decisions, no I/O.

Templates are part of the package. Every value passes the filter `scalar`: JSON is YAML, so `"on"` stays a string.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment, FunctionLoader, StrictUndefined

from . import __version__
from .names import POOL_V1ALPHA2
from .objects import Object, kind_of, name_of, namespace_of
from .planned import Plan
from .yamltext import load

_TEMPLATES: Final = "llmd_routes_templates"
# What others refer to comes first.
_RANK: Final = (
    *("ServiceAccount", "Role", "RoleBinding", "ConfigMap", "Service", "Deployment"),
    *("InferencePool", "DestinationRule", "HTTPRoute"),
)
_EPP_TEMPLATES: Final = tuple(f"{kind.lower()}.yaml.j2" for kind in _RANK[:6])
# What JSON writes as it is and YAML does not take so, or reads as the end of a line.
_UNPRINTABLE: Final = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


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
        "generator": f"llmd-routes-{__version__}",
        "attachments": plan.attachments,
        "hostnames": plan.hostnames,
        "timeout": plan.timeout,
    }
    made = [_filled(_pool_template(pool.group), pool=pool, **shared) for pool in plan.pools]
    made += [
        _filled(name, epp=epp, digest=_digest(epp.config), **shared) for epp in plan.epps for name in _EPP_TEMPLATES
    ]
    made += [_filled("destinationrule.yaml.j2", rule=rule, **shared) for rule in plan.destination_rules]
    made += [_filled("httproute.yaml.j2", route=route, **shared) for route in plan.routes]
    return sorted(made, key=lambda manifest: manifest.order)


def _digest(text: str) -> str:
    """Return what tells one configuration from another; in a pod's annotations it restarts the pod on a change."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _pool_template(group: str) -> str:
    return "inferencepool-v1alpha2.yaml.j2" if group == POOL_V1ALPHA2 else "inferencepool.yaml.j2"


def _filled(template: str, **values: Any) -> Manifest:
    text = environment().get_template(template).render(values)
    return Manifest(text, load(text))


@cache
def environment() -> Environment:
    """Return what fills the templates of the package."""
    made = Environment(
        loader=FunctionLoader(_source), undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True
    )
    made.filters["scalar"] = _scalar
    return made


def _source(name: str) -> str:
    return files(_TEMPLATES).joinpath(name).read_text(encoding="utf-8")


def _scalar(value: Any) -> str:
    """Return a scalar as JSON that is YAML too; jinja2's own filter would escape quotes and ampersands for HTML."""
    text = json.dumps(value, ensure_ascii=False)
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
