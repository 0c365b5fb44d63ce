from __future__ import annotations

import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmd_routes.kube.objects import Object, dig, name_of
from llmd_routes.reading.documents import Document
from llmd_routes.reading.files import read_files
from llmd_routes.reading.merge import Reading, merge


def service(name: str) -> str:
    return f"apiVersion: v1\nkind: Service\nmetadata:\n  name: {name}\n"


def read(*paths: Path | str, stdin: str = "", recursive: bool = False) -> Reading:
    return read_files([str(path) for path in paths], io.StringIO(stdin), recursive=recursive)


def names(reading: Reading) -> list[str]:
    return [name_of(obj) for obj in reading.objects]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {
        "b.yaml": service("b"),
        "a.yml": service("a"),
        "c.json": '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "c"}}',
        "values.yaml": "replicas: 1\n",
        "notes.txt": "text",
        ".hidden.yaml": "a: [",
        "below/d.yaml": service("d"),
        ".git/e.yaml": service("e"),
    }.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


def test_a_folder_is_read_as_kubectl_does(folder: Path) -> None:
    reading = read(folder)
    assert names(reading) == ["a", "b", "c"]
    assert reading.problems == ()
    assert [(n.code, n.object) for n in reading.notices] == [("not-an-object", f"{folder}/values.yaml:1")]
    assert names(read(folder, recursive=True)) == ["a", "b", "c", "d"]


def test_a_file_named_by_itself_must_hold_objects(folder: Path) -> None:
    reading = read(folder / "values.yaml")
    assert [problem.partition(": ")[2] for problem in reading.problems] == [
        "not a Kubernetes object: no apiVersion and kind; pass manifests only"
    ]


def test_all_problems_at_once(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "binary.yaml").write_bytes(b"ok: 1\n\xff\xfe\x00")
    empty = tmp_path / "empty"
    empty.mkdir()
    reading = read(folder / "no.yaml", empty, "-", "-", folder / "binary.yaml", stdin="a: [")
    assert reading.objects == ()
    assert list(reading.problems) == [
        f"{folder}/no.yaml: no such file or directory; check the path",
        f"{empty}: no *.yaml, *.yml or *.json file in this directory; check the path,"
        " or pass -R to read its subdirectories",
        reading.problems[2],
        "-: passed twice, and stdin can be read only once; remove one of them",
        f"{folder}/binary.yaml:2: not UTF-8; save it as UTF-8",
    ]
    assert reading.problems[2].startswith("-:1: invalid YAML: ")


def test_odd_paths_are_problems() -> None:
    for path in ("nul\0byte", "a/" * 3000):
        assert len(read(path).problems) == 1


def test_other_kinds_are_not_compared() -> None:
    one = "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\ndata: {a: b}\n"
    assert read("-", stdin=f"{one}---\n{one.replace('b', 'c')}") == Reading((), (), ())


def test_the_same_object_twice_counts_once(folder: Path) -> None:
    assert names(read(folder / "b.yaml", folder / "b.yaml", folder)) == ["a", "b", "c"]


def test_different_definitions_name_both_places(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(service("a"))
    (tmp_path / "b.yaml").write_text(service("a") + "spec: {clusterIP: None}\n")
    assert read(tmp_path).conflicts == (
        f"Service a: defined differently in {tmp_path}/a.yaml:1 and {tmp_path}/b.yaml:1; keep one of them",
    )


DEPLOYMENT = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "a"},
    "spec": {"replicas": 1, "template": {"metadata": {"labels": {"app": "a"}}}},
}


def labels_for(name: str, **labels: str) -> Object:
    spec = {"template": {"metadata": {"labels": labels}}}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": spec}


def documents(*objects: Object) -> list[Document]:
    return [Document(dict(obj), "in.yaml", line) for line, obj in enumerate(objects, 1)]


def test_a_document_of_labels_is_laid_over() -> None:
    (obj,), conflicts = merge(documents(DEPLOYMENT, labels_for("a", engine="vllm")))
    assert conflicts == ()
    assert dig(obj, "spec", "template", "metadata", "labels") == {"app": "a", "engine": "vllm"}
    assert dig(obj, "spec", "replicas") == 1


def test_labels_alone_or_in_conflict_are_problems() -> None:
    assert merge(documents(labels_for("a", x="1")))[1] == (
        "Deployment a: in.yaml:1 only adds labels to it; pass the file that defines it too",
    )
    assert merge(documents(DEPLOYMENT, labels_for("a", x="1"), labels_for("a", x="2")))[1] == (
        "Deployment a: label x set differently in in.yaml:2 and in.yaml:3; keep one of them",
    )


def test_managed_fields_are_left_out() -> None:
    metadata = {"name": "a", "managedFields": [{"manager": "kubectl"}]}
    (obj,), _ = merge(documents({**DEPLOYMENT, "metadata": metadata}))
    assert obj["metadata"] == {"name": "a"}


@given(st.permutations([DEPLOYMENT, labels_for("a", x="1"), {**DEPLOYMENT, "metadata": {"name": "b"}}]))
def test_the_order_of_documents_does_not_matter(objects: list[Object]) -> None:
    found, _ = merge(documents(*objects))
    assert [name_of(obj) for obj in found] == ["a", "b"]
    assert dig(found[0], "spec", "template", "metadata", "labels") == {"app": "a", "x": "1"}


@pytest.mark.parametrize("content", [b"", b"\n \n"])
def test_an_empty_stdin_is_a_pipe_that_broke(content: bytes) -> None:
    reading = read_files(["-"], io.TextIOWrapper(io.BytesIO(content)))
    assert reading.problems == ("-: stdin is empty; check the command that writes to it",)
