"""Print labels to add: as kubectl commands, as manifests to lay over, or as a kustomize component. Pure: text out."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from llmd_routes.errors import InputError
from llmd_routes.kube.objects import Ref
from llmd_routes.names import LWS
from llmd_routes.planning.labels import Labelling, merged, patch
from llmd_routes.terminal import json_text

_RESOURCES: Final = {"LeaderWorkerSet": f"leaderworkersets.{LWS}"}


def as_text(
    found: Labelling,
    output: Literal["sh", "yaml", "kustomize"],
    context: str | None = None,
    kubeconfig: str | None = None,
) -> str:
    """Return the labels in one of the forms, empty if there are none; commands name the cluster that was read.

    Raises InputError when a command would have to guess a namespace.
    """
    patches: dict[Ref, dict[str, Any]] = {}
    for label in found.labels:
        patches[label.ref] = merged(patches.get(label.ref, {}), patch(label))
    if not patches:
        return ""
    if output == "sh":
        bare = [str(ref) for ref in patches if not ref.namespace]
        if bare:
            raise InputError(f"{', '.join(bare)}: no namespace in the manifest; pass -n NAMESPACE")
        cluster = [f"--kubeconfig={kubeconfig}"] if kubeconfig else []
        cluster += [f"--context={context}"] if context else []
        return "".join(_command(ref, change, cluster) for ref, change in patches.items())
    bodies = [merged(found.identities[ref], change) for ref, change in patches.items()]
    return "".join(f"---\n{_block(body)}" for body in bodies) if output == "yaml" else _component(bodies)


def _command(ref: Ref, change: Mapping[str, Any], cluster: Sequence[str]) -> str:
    """A merge patch, because applying a manifest of labels alone is refused or fights over the object's owner."""
    words = ["kubectl", "patch", f"--namespace={ref.namespace}", *cluster]
    words += ["--type=merge", f"--patch={json.dumps(change, separators=(',', ':'))}"]
    # Arguments after `--` are never options.
    words += ["--", _RESOURCES.get(ref.kind, ref.kind.lower()), ref.name]
    return f"{shlex.join(words)}\n"


def _component(bodies: Sequence[Mapping[str, Any]]) -> str:
    """Return a component, which any kustomization can include.

    Spec: https://kubectl.docs.kubernetes.io/guides/config_management/components/
    """
    head = {"apiVersion": "kustomize.config.k8s.io/v1alpha1", "kind": "Component"}
    lines = ["patches:\n"]
    for body in bodies:
        target = {
            "kind": body["kind"],
            **{key: body["metadata"][key] for key in ("name", "namespace") if key in body["metadata"]},
        }
        lines.append(f"  - target:\n{_indented(_block(target), 6)}    patch: |-\n{_indented(_block(body), 6)}")
    return _block(head) + "".join(lines)


def _block(value: Mapping[str, Any], depth: int = 0) -> str:
    """Return a mapping of mappings and strings as YAML; keys and values are JSON strings where they must be."""
    lines = []
    for key, child in value.items():
        name = key if key.replace("-", "").isalnum() and key.isascii() else json_text(key)
        if isinstance(child, Mapping):
            lines.append(f"{'  ' * depth}{name}:\n{_block(child, depth + 1)}")
        else:
            lines.append(f"{'  ' * depth}{name}: {json_text(child)}\n")
    return "".join(lines)


def _indented(text: str, by: int) -> str:
    return "".join(f"{' ' * by}{line}\n" for line in text.splitlines())
