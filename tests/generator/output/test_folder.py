"""A folder of manifests: which files are written and removed, in which order, and whose files are left alone."""

from __future__ import annotations

from typing import Any

import pytest
from ruamel.yaml import YAML

from llmd_routes import __version__
from llmd_routes.errors import InputError
from llmd_routes.output.folder import KUSTOMIZATION, Change, changes, files_of, known
from llmd_routes.output.header import OF_A_FILE, header
from llmd_routes.output.render import Manifest


def route(name: str, instance: str | None = "one", **more: Any) -> Manifest:
    labels = {"llmd-routes/instance": instance} if instance else {}
    obj = {"kind": "HTTPRoute", "metadata": {"name": name, "namespace": "ns", "labels": labels}, **more}
    lines = "".join(f'    llmd-routes/instance: "{one}"\n' for one in labels.values())
    return Manifest(f"kind: HTTPRoute\nmetadata:\n  name: {name}\n  namespace: ns\n  labels:\n{lines}", obj)


def test_a_file_for_each_object_and_the_kustomization_last() -> None:
    files = files_of([route("b.c"), route("a")], "one")
    assert list(files) == ["httproute_ns_b.c.yaml", "httproute_ns_a.yaml", KUSTOMIZATION]
    assert files["httproute_ns_a.yaml"] == OF_A_FILE + route("a").text
    written = YAML(typ="safe").load(files[KUSTOMIZATION])
    assert written["kind"] == "Kustomization"
    assert written["resources"] == list(files)[:-1]


def test_only_what_changed_is_written_and_what_is_left_over_goes_last() -> None:
    there = files_of([route("gone"), route("same")], "one")
    wanted = files_of([route("same"), route("new")], "one")
    made = changes(there, wanted, "one")
    assert [(change.name, str(change)) for change in made] == [
        ("httproute_ns_new.yaml", "is missing"),
        (KUSTOMIZATION, "is not up to date"),
        ("httproute_ns_gone.yaml", "is left over"),
    ]
    assert changes(wanted, wanted, "one") == []
    assert changes({}, wanted, "one") == [Change(name, None, text) for name, text in wanted.items()]


def test_another_version_changes_only_the_kustomization_and_another_command_nothing() -> None:
    routes = [route("a")]
    one, other = (files_of(routes, "one", header(["llmd-routes", name])) for name in "ab")
    assert changes(one, other, "one") == []
    newer = {name: text.replace(__version__, "99.0.0") for name, text in other.items()}
    assert [change.name for change in changes(one, newer, "one")] == [KUSTOMIZATION]


@pytest.mark.parametrize(
    "content",
    [
        route("x", "other").text,
        route("x", None).text,
        f"---\n{route('x').text}---\n{route('y', None).text}",
        "a: [",
        "",
        "- 1\n",
    ],
)
def test_files_of_others_are_left_alone(content: str) -> None:
    wanted = files_of([route("a")], "one")
    assert changes({**wanted, "x.yaml": content}, wanted, "one") == []
    for name in ("httproute_ns_a.yaml", KUSTOMIZATION, "kustomization.yml", "Kustomization"):
        with pytest.raises(InputError) as caught:
            changes({**wanted, name: content}, wanted, "one")
        assert caught.value.lines == (
            f"--output-dir: {name} was not generated for instance one; use another directory, or pass --instance",
        )


def test_what_is_known_are_the_objects_of_the_kustomization() -> None:
    there = {**files_of([route("a")], "one"), "x.yaml": route("x", "other").text}
    assert [obj["metadata"]["name"] for obj in known(there)] == ["a", "llmd-routes"]
    assert known({}) == []
    assert known({"httproute_ns_a.yaml": route("a").text}) == []
    assert known({KUSTOMIZATION: "resources: []\n", "a.yaml": route("a").text}) == []
