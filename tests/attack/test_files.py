"""Folders in which others put links, devices and files without an end: nothing is read or written outside of them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.golden import DATA, run

OBJECTS = DATA / "two-engines" / "objects.yaml"
ROUTE = "httproute_llm-d-multi-engine_llm-d-multi-engine.inference-gateway.yaml"


def generate(out: Path) -> tuple[int, str]:
    done = run("generate", "-f", str(OBJECTS), "--output-dir", str(out))
    return done.code, done.stderr


@pytest.mark.parametrize(
    "content", [None, b"\x7fELF\xff", b"kind: Pod\n", b""], ids=["nothing", "binary", "text", "empty"]
)
@pytest.mark.parametrize("name", [ROUTE, "kustomization.yaml"])
def test_a_link_in_the_folder_of_the_output_is_never_followed(name: str, content: bytes | None, tmp_path: Path) -> None:
    out, outside = tmp_path / "out", tmp_path / "outside"
    out.mkdir()
    if content is not None:
        outside.write_bytes(content)
    (out / name).symlink_to(outside)
    code, stderr = generate(out)
    assert code == 2 and f"{name} was not generated for instance" in stderr
    assert [path.name for path in out.iterdir()] == [name]
    assert (outside.read_bytes() if outside.exists() else None) == content


@pytest.mark.parametrize("kind", ["binary", "folder", "fifo"])
def test_what_cannot_be_read_is_not_ours(kind: str, tmp_path: Path) -> None:
    path = tmp_path / ROUTE
    if kind == "binary":
        path.write_bytes(b"\x7fELF\xff")
    elif kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)
    code, stderr = generate(tmp_path)
    assert code == 2 and f"{ROUTE} was not generated for instance" in stderr
    assert [each.name for each in tmp_path.iterdir()] == [ROUTE]
    assert kind != "binary" or path.read_bytes() == b"\x7fELF\xff"


def test_a_link_that_takes_a_place_at_the_last_moment_is_replaced(tmp_path: Path) -> None:
    """The file is moved into place: it never goes through what stands there."""
    from llmd_routes.output.folder import Change
    from llmd_routes.output.write import write_folder

    (tmp_path / "outside").write_text("theirs")
    (tmp_path / "a.yaml").symlink_to(tmp_path / "outside")
    write_folder(tmp_path, [Change("a.yaml", None, "ours")])
    assert ((tmp_path / "outside").read_text(), (tmp_path / "a.yaml").read_text()) == ("theirs", "ours")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of manifests."""
    made = tmp_path / "in"
    made.mkdir()
    shutil.copy(OBJECTS, made / "objects.yaml")
    return made


def read(folder: Path, *more: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "llmd_routes", "discover", "-f", str(folder), *more]
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("target", ["/dev/zero", "/etc/passwd", "../outside.yaml"])
def test_links_out_of_a_folder_are_not_read(target: str, folder: Path) -> None:
    (folder.parent / "outside.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n")
    (folder / "x.yaml").symlink_to(target)
    done = read(folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"error: {folder}/x.yaml: links to a file outside the directory\n  fix: pass that file with -f, or"
        f" remove the link\n"
    )


def test_links_inside_a_folder_are_read(folder: Path) -> None:
    """A ConfigMap that is mounted has such."""
    (folder / "..data").mkdir()
    (folder / "objects.yaml").rename(folder / "..data" / "objects.yaml")
    (folder / "objects.yaml").symlink_to("..data/objects.yaml")
    assert read(folder).returncode == 0


def test_what_never_ends_is_not_opened(folder: Path) -> None:
    os.mkfifo(folder / "x.yaml")
    done = read(folder)
    assert (done.returncode, done.stderr) == (2, f"error: {folder}/x.yaml: not a regular file\n  fix: remove it\n")


def test_a_link_that_leads_nowhere_is_told(folder: Path) -> None:
    (folder / "x.yaml").symlink_to("x.yaml")
    done = read(folder)
    assert done.returncode == 2 and "x.yaml: broken link" in done.stderr


@pytest.mark.parametrize("path", ["/dev/zero", "-"])
def test_what_is_named_has_a_limit_too(path: str) -> None:
    words = [sys.executable, "-m", "llmd_routes", "discover", "-f", path, "--input-limit", "1Mi"]
    with Path("/dev/zero").open("rb") as endless:
        done = subprocess.run(words, stdin=endless, capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    fact = "the input exceeds its limit\n  fix: raise --input-limit, or pass fewer files"
    assert done.stderr == f"error: {path}: {fact}\n"


def test_the_limit_is_for_all_files_together(folder: Path) -> None:
    size = OBJECTS.stat().st_size
    shutil.copy(OBJECTS, folder / "second.yaml")
    assert read(folder, "--input-limit", str(2 * size)).returncode == 0
    assert read(folder, "--input-limit", str(2 * size - 1)).returncode == 2
    done = read(folder, "--input-limit", "much")
    assert done.stderr == "error: --input-limit much: invalid size\n  fix: use bytes, or a number with Ki, Mi or Gi\n"


@pytest.mark.parametrize("command", ["post-render", "krm"])
@pytest.mark.parametrize("word", ["option", "variable"])
def test_stdin_that_is_passed_on_is_limited(command: str, word: str) -> None:
    words = ["--input-limit", "1Mi"] if word == "option" else []
    variables = {"LLMD_ROUTES_INPUT_LIMIT": "1Mi"} if word == "variable" else {}
    with Path("/dev/zero").open("rb") as endless:
        done = subprocess.run(
            [sys.executable, "-m", "llmd_routes", command, *words],
            stdin=endless,
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "error: -: the input exceeds its limit\n  fix: raise --input-limit, or pass fewer files\n"
