"""Make the settings of an emitted controller from the options of `generate`: values in, files of a ConfigMap out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, get_args

import click
from click.core import ParameterSource

from llmd_routes.errors import InputError
from llmd_routes.model.choices import EppPreset
from llmd_routes.names import SETTINGS_FILE

from .command import settings_of
from .configuration import options_of

if TYPE_CHECKING:
    from llmd_routes.kube.objects import Object, Ref
    from llmd_routes.output.render import Manifest
    from llmd_routes.pipeline import Emission
    from llmd_routes.reading.request import Input

# Options that the controller gets in another form, or that are about the input and the output of `generate`.
_NOT_GIVEN: Final = frozenset(
    (
        *("adminSettings", "allNamespaces", "askEngines", "check", "context", "controller", "eppConfig", "filename"),
        *("gateway", "inputLimit", "instance", "kubeconfig", "namespace", "outputDir", "outputFile", "recursive"),
        *("requestTimeout", "restricted"),
    )
)
_FOLDER: Final = "/settings"
_EPP_CONFIG: Final = "epp-config.yaml"
_FACTS: Final = {"model_services", "defaults", "splits"}


def emit_controller(image: str, emission: Emission, source: Input, context: click.Context) -> list[Manifest]:
    """Return the manifests of a controller that makes what an emission contains, and follows its changes.

    Raises InputError if the namespaces are unknown.
    """
    from llmd_routes.kinds import KINDS
    from llmd_routes.model.controller import ControllerRequest
    from llmd_routes.output.controller import render_controller
    from llmd_routes.planning.controller import controller_ref, plan_controller

    namespaces = _namespaces(emission, source)
    objects = tuple(manifest.obj for manifest in emission.manifests)
    ref = controller_ref(emission.instance, namespaces, objects)
    editor = _editor(objects) if context.params["admin_token_secret"] is not None else None
    admin = {"adminSettings": f"{ref.namespace}/{ref.name}"} if editor is not None else {}
    request = ControllerRequest(
        ref,
        image,
        emission.instance,
        namespaces,
        _files(emission, namespaces, context, admin),
        emission.kinds,
        objects,
        tuple(context.params["metrics_namespaces"]),
        editor,
    )
    return render_controller(plan_controller(request, KINDS))


def _namespaces(emission: Emission, source: Input) -> tuple[str, ...]:
    """Return the namespaces to read, empty for all."""
    from llmd_routes.reading.request import connection_of, wanted_of

    if not source.files:
        return wanted_of(source, (), connection_of(source).namespace).namespaces
    if source.all_namespaces or source.namespaces:
        return source.namespaces
    namespaces = sorted({service.namespace for service in emission.inventory.services})
    if not all(namespaces):
        raise InputError("--controller: the manifests name no namespace; pass -n")
    return tuple(namespaces)


def _editor(objects: Iterable[Object]) -> Ref | None:
    """Return the ServiceAccount of the models server, which has the name of its Deployment."""
    from llmd_routes.kube.objects import Ref, kind_of, labels, name_of, namespace_of

    servers = [
        Ref(namespace_of(obj) or "", "ServiceAccount", name_of(obj))
        for obj in objects
        if kind_of(obj) == "Deployment" and "llmd-routes/models" in labels(obj, "spec", "selector", "matchLabels")
    ]
    return servers[0] if servers else None


def _files(
    emission: Emission, namespaces: Sequence[str], context: click.Context, more: Mapping[str, str]
) -> dict[str, str]:
    from llmd_routes.output.tables import as_yaml
    from llmd_routes.reading.text_files import read_file

    spec: dict[str, Any] = {"namespace": list(namespaces)} if namespaces else {"allNamespaces": True}
    spec |= {"gateway": _gateways(emission), "instance": emission.instance, **_given(context), **more}
    files = {}
    epp_config = context.params["epp_config_file"]
    if epp_config is not None and str(epp_config) not in get_args(EppPreset):
        files[_EPP_CONFIG] = read_file(Path(epp_config), f"--epp-config {epp_config}")
        spec["eppConfig"] = f"{_FOLDER}/{_EPP_CONFIG}"
    elif epp_config is not None:
        spec["eppConfig"] = str(epp_config)
    spec |= settings_of(context).model_dump(mode="json", by_alias=True, include=_FACTS, exclude_defaults=True)
    settings = {"apiVersion": "llmd-routes/v1alpha1", "kind": "Configuration", "spec": spec}
    return {SETTINGS_FILE: as_yaml(settings), **files}


def _given(context: click.Context) -> dict[str, Any]:
    """Return the options that the user has set, by their keys in a settings file."""
    given = {}
    for key, option in sorted(options_of(context.command).items()):
        name = option.name or ""
        if key in _NOT_GIVEN or name not in context.params:
            continue
        if context.get_parameter_source(name) is ParameterSource.DEFAULT:
            continue
        value = context.params[name]
        given[key] = list(map(str, value)) if isinstance(value, tuple) else value
    return given


def _gateways(emission: Emission) -> list[str]:
    """Return the Gateways of the routes as `NS/NAME`, in order."""
    from llmd_routes.kube.objects import items, kind_of, namespace_of, text

    routes = [manifest.obj for manifest in emission.manifests if kind_of(manifest.obj) == "HTTPRoute"]
    parents = [
        f"{text(parent, 'namespace') or namespace_of(route)}/{text(parent, 'name')}"
        for route in routes
        for parent in items(route, "spec", "parentRefs")
        if text(parent, "kind") in (None, "Gateway")
    ]
    return list(dict.fromkeys(parents))
