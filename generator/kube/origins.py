"""Find what maintains an object and would revert a change to it. Pure, no I/O."""

from __future__ import annotations

from typing import Final

from llmd_routes.names import APP_MANAGED_BY, HELM_RELEASE, INSTANCE

from .objects import Object, controller_of, labels, text

# Sources: https://argo-cd.readthedocs.io/en/stable/user-guide/resource_tracking/ and the labels of Flux's controllers.
_ARGO_CD: Final = "argocd.argoproj.io/tracking-id"
_FLUX: Final = (("helm.toolkit.fluxcd.io/name", "HelmRelease"), ("kustomize.toolkit.fluxcd.io/name", "Kustomization"))


def origin_of(obj: Object) -> str | None:
    """Return what maintains an object, as part of a sentence; None if its metadata does not show it.

    A controller takes precedence: other tools can set only the metadata of an object that a controller maintains.
    """
    owner = controller_of(obj)
    if owner:
        return f"{text(owner, 'kind')} {text(owner, 'name')}"
    marks = labels(obj, "metadata", "labels")
    notes = labels(obj, "metadata", "annotations")
    if INSTANCE in marks:
        return f"instance {marks[INSTANCE]} of llmd-routes"
    if application := notes.get(_ARGO_CD, "").partition(":")[0]:
        return f"the source of Argo CD Application {application}"
    for label, kind in _FLUX:
        if label in marks:
            return f"the source of Flux {kind} {marks[label]}"
    if release := notes.get(HELM_RELEASE):
        return f"the values of Helm release {release}"
    tool = marks.get(APP_MANAGED_BY)
    return f"its source, which {tool} applies" if tool else None
