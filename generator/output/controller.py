"""Fill the templates of an emitted controller. Values in, manifests out; no decisions, no I/O."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from llmd_routes.kube.objects import Ref
from llmd_routes.model.controller import ControllerPlan, Rule
from llmd_routes_sidecar.requested import operators_map

from .render import Manifest, filled

_GET, _UPDATE = ("get",), ("get", "update")


def render_controller(plan: ControllerPlan) -> list[Manifest]:
    """Return the manifests of a controller in the order in which they are applied."""
    home, name = plan.ref.namespace, plan.ref.name
    shared = {"controller": plan, "instance": plan.instance}
    cluster = Ref("", "ClusterRole", f"{home}.{name}")
    account = Ref(home, "ServiceAccount", name)
    refs: list[tuple[Ref, dict[str, Any]]] = [(account, {})]
    refs += _permit(account, cluster, plan.everywhere)
    for namespace, rules in plan.roles.items():
        refs += _permit(account, Ref(namespace, "Role", name if namespace == home else f"{home}.{name}"), rules)
    if plan.editor is not None:
        asked = Ref(home, "ConfigMap", operators_map(name))
        rights = ((_GET, name), (_UPDATE, asked.name))
        permitted = tuple(Rule("", ("configmaps",), verbs, (each,)) for verbs, each in rights)
        refs += [(asked, {}), *_permit(plan.editor, Ref(home, "Role", asked.name), permitted)]
    refs += [
        (Ref(home, kind, name), {}) for kind in ("ConfigMap", "NetworkPolicy", "PodDisruptionBudget", "Deployment")
    ]
    return [filled(f"controller/{_template(ref, name)}.yaml.j2", ref=ref, **more, **shared) for ref, more in refs]


def _permit(account: Ref, role: Ref, rules: Sequence[Rule]) -> list[tuple[Ref, dict[str, Any]]]:
    """Return a role with rules, and its binding to a ServiceAccount."""
    more = {"rules": rules, "role": role.kind, "account": account}
    return [(ref, more) for ref in (role, _binding(role))]


def _binding(role: Ref) -> Ref:
    return Ref(role.namespace, f"{role.kind}Binding", role.name)


def _template(ref: Ref, name: str) -> str:
    """Return the template of an object; `name` is that of the controller."""
    kind = ref.kind.removeprefix("Cluster").lower()
    return "operators" if kind == "configmap" and ref.name != name else kind
