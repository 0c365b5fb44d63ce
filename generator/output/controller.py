"""Fill the templates of an emitted controller. Values in, manifests out; no decisions, no I/O."""

from __future__ import annotations

from typing import Any

from llmd_routes.kube.objects import Ref
from llmd_routes.model.controller import ControllerPlan

from .render import Manifest, filled


def render_controller(plan: ControllerPlan) -> list[Manifest]:
    """Return the manifests of a controller in the order in which they are applied."""
    home, name = plan.ref.namespace, plan.ref.name
    shared = {"controller": plan, "instance": plan.instance}
    cluster = Ref("", "ClusterRole", f"{home}.{name}")
    refs: list[tuple[Ref, dict[str, Any]]] = [(Ref(home, "ServiceAccount", name), {})]
    refs += [(ref, {"rules": plan.everywhere, "role": "ClusterRole"}) for ref in (cluster, _binding(cluster))]
    for namespace, rules in plan.roles.items():
        role = Ref(namespace, "Role", name if namespace == home else f"{home}.{name}")
        refs += [(ref, {"rules": rules, "role": "Role"}) for ref in (role, _binding(role))]
    refs += [
        (Ref(home, kind, name), {}) for kind in ("ConfigMap", "NetworkPolicy", "PodDisruptionBudget", "Deployment")
    ]
    return [filled(f"controller/{_template(ref.kind)}.yaml.j2", ref=ref, **more, **shared) for ref, more in refs]


def _binding(role: Ref) -> Ref:
    return Ref(role.namespace, f"{role.kind}Binding", role.name)


def _template(kind: str) -> str:
    return kind.removeprefix("Cluster").lower()
