"""The output: YAML or JSON, on stdout or as a file that is replaced as a whole."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import pytest

from llmd_routes.errors import InputError
from llmd_routes.output.folder import Change
from llmd_routes.output.render import Manifest
from llmd_routes.output.write import as_text, file_changes, read_folder, write, write_folder

MANIFESTS = [Manifest('kind: "A"\n', {"kind": "A"}), Manifest('kind: "B"\n', {"kind": "B"})]


def test_yaml_is_a_stream_and_json_a_list() -> None:
    assert as_text(MANIFESTS, "yaml") == '---\nkind: "A"\n---\nkind: "B"\n'
    assert json.loads(as_text(MANIFESTS, "json")) == {
        "apiVersion": "v1",
        "kind": "List",
        "items": [{"kind": "A"}, {"kind": "B"}],
    }


def test_stdout() -> None:
    stream = io.StringIO()
    write("x\n", None, stream)
    assert stream.getvalue() == "x\n"


def test_a_file_is_made_with_the_mode_of_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "other").touch()
    write("é\n", tmp_path / "out.yaml", io.StringIO())
    assert (tmp_path / "out.yaml").read_bytes() == "é\n".encode()
    assert (tmp_path / "out.yaml").stat().st_mode == (tmp_path / "other").stat().st_mode
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "out.yaml"]


def test_a_file_that_is_replaced_keeps_its_mode_and_its_links(tmp_path: Path) -> None:
    real, link = tmp_path / "real.yaml", tmp_path / "link.yaml"
    real.write_text("old")
    real.chmod(0o600)
    link.symlink_to(real)
    write("new", link, io.StringIO())
    assert real.read_text() == "new"
    assert real.stat().st_mode & 0o777 == 0o600
    assert link.is_symlink()


def test_a_device_is_written_as_it_is() -> None:
    write("x", Path(os.devnull), io.StringIO())
    assert not Path(os.devnull).is_file()


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/dev/./stdout", "/proc/self/fd/1", "link"])
def test_names_of_stdout_are_stdout(name: str, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/dev/stdout")
    stream = io.StringIO()
    write("x\n", tmp_path / name, stream)
    assert stream.getvalue() == "x\n"


def test_an_open_file_is_written_to_and_not_replaced(tmp_path: Path) -> None:
    with (tmp_path / "out").open("ab") as opened:
        opened.write(b"first\n")
        opened.flush()
        write("second\n", Path(f"/dev/fd/{opened.fileno()}"), io.StringIO())
    assert (tmp_path / "out").read_bytes() == b"first\nsecond\n"


def test_a_descriptor_that_is_not_open() -> None:
    with pytest.raises(InputError, match=r"^--output-file /dev/fd/987: cannot be written: bad file descriptor; "):
        write("x\n", Path("/dev/fd/987"), io.StringIO())


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/null", "pipe", "."])
def test_only_regular_files_are_compared(name: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match=r"not a regular file, which --check needs; pass another path$"):
        file_changes(tmp_path / name, "x\n")


def test_what_cannot_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    for path in (folder, tmp_path / "missing" / "out.yaml"):
        with pytest.raises(InputError, match=r"--output-file .*: cannot be written: .*; check the path"):
            write("x", path, io.StringIO())
    assert list(folder.iterdir()) == []


def test_a_folder_is_made_and_only_changes_are_written(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "folder"
    assert read_folder(folder) == {}
    write_folder(folder, [Change("a.yaml", None, "a: é\n"), Change("b.yaml", None, "b: 1\n")])
    (folder / "notes.md").write_text("mine")
    (folder / "binary.yaml").write_bytes(b"\xff")
    (folder / "below.yaml").mkdir()
    ours = {"a.yaml": "a: é\n", "b.yaml": "b: 1\n"}
    # llmd-routes does not manage files that are not text, and entries that are not files.
    assert read_folder(folder) == {**ours, "below.yaml": "", "binary.yaml": ""}
    unchanged = (folder / "a.yaml").stat()
    write_folder(folder, [Change("b.yaml", "b: 1\n", None), Change("c.yaml", None, "c: 1\n")])
    assert read_folder(folder) == {"a.yaml": "a: é\n", "c.yaml": "c: 1\n", "below.yaml": "", "binary.yaml": ""}
    assert (folder / "a.yaml").stat() == unchanged
    assert sorted(path.name for path in folder.iterdir()) == [
        "a.yaml",
        "below.yaml",
        "binary.yaml",
        "c.yaml",
        "notes.md",
    ]


def test_a_folder_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for attempt in (lambda: read_folder(tmp_path / "file"), lambda: write_folder(tmp_path / "file", [])):
        with pytest.raises(InputError, match=r"--output-dir .*: cannot be (read|written): "):
            attempt()


def test_a_file_is_compared_by_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    assert [str(change) for change in file_changes(path, "x\n")] == ["is missing"]
    path.write_text("x\n")
    assert file_changes(path, "x\n") == []
    path.write_bytes(b"\xff")
    assert [str(change) for change in file_changes(path, "x\n")] == ["is not up to date"]
    with pytest.raises(InputError, match="/proc/self/mem: cannot be read"):
        file_changes(Path("/proc/self/mem"), "x\n")
