"""Labels to add, in three forms that say the same."""

from __future__ import annotations

import shlex

import pytest

from llmd_routes.errors import InputError
from llmd_routes.kube.objects import Ref
from llmd_routes.output.labels import as_text
from llmd_routes.planning.labels import Label, Labelling
from llmd_routes.text.yaml_values import load, load_all

PATH = ("spec", "template", "metadata", "labels")
REF = Ref("ns", "Deployment", "a")


def labelling(ref: Ref = REF) -> Labelling:
    metadata = {"name": ref.name} | ({"namespace": ref.namespace} if ref.namespace else {})
    identity = {"apiVersion": "apps/v1", "kind": ref.kind, "metadata": metadata}
    labels = (Label(ref, PATH[:2], "llmd-routes/service", "it's"), Label(ref, PATH[:2], "x", "on"))
    return Labelling(labels, (), {ref: identity})


WANTED = {"llmd-routes/service": "it's", "x": "on"}


def test_a_command_for_each_workload_that_a_shell_takes_as_it_is() -> None:
    (line,) = as_text(labelling(), "sh", "my context").splitlines()
    words = shlex.split(line)
    assert [*words[:3], *words[-3:]] == ["kubectl", "patch", "--namespace=ns", "--", "deployment", "a"]
    assert "--context=my context" in words
    assert load(words[-4].removeprefix("--patch="))["spec"]["template"]["metadata"]["labels"] == WANTED


def test_manifests_and_a_component_hold_the_same_labels() -> None:
    (manifest,) = load_all(as_text(labelling(), "yaml"))
    assert manifest["spec"]["template"]["metadata"]["labels"] == WANTED and manifest["metadata"]["name"] == "a"
    component = load(as_text(labelling(), "kustomize"))
    (patch,) = component["patches"]
    assert patch["target"] == {"kind": "Deployment", "name": "a", "namespace": "ns"}
    assert load(patch["patch"]) == manifest


def test_a_command_never_guesses_a_namespace() -> None:
    bare = Ref("", "Deployment", "a")
    with pytest.raises(InputError, match="Deployment a: no namespace in the manifest; pass -n NAMESPACE"):
        as_text(labelling(bare), "sh")
    assert "namespace" not in as_text(labelling(bare), "kustomize")


def test_nothing_is_missing() -> None:
    assert as_text(Labelling((), (), {}), "kustomize") == ""
    assert Labelling((), (), {}).report() == ["no label is missing: every ModelService has a unique pod selector"]
