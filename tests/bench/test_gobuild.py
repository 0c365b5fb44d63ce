"""What the builder writes and picks, without building anything."""

import re
import threading
from pathlib import Path

import pytest

from .cache import locked
from .errors import BenchError
from .gobuild import ASSET_PARTS, ETCD, KUBECTL, build, is_built, linker_flags, pinned, program_path, programs
from .golang import Go
from .pins import Module

NO_GO = Go(Path("/nonexistent/go"))


def test_kubernetes_programs_know_their_version() -> None:
    version = pinned(KUBECTL.module_file, "k8s.io/kubernetes")
    assert re.fullmatch(r"v1\.\d+\.\d+", version)
    assert f"-X k8s.io/component-base/version.gitVersion={version}" in linker_flags(KUBECTL)
    assert linker_flags(ETCD) == "-s -w"


def test_staging_modules_are_those_of_the_same_release() -> None:
    version = pinned(KUBECTL.module_file, "k8s.io/kubernetes").replace("v1.", "v0.")
    replaced = re.findall(r"^\s*(k8s\.io/\S+) => (\S+) (\S+)$", KUBECTL.module_file, re.MULTILINE)
    assert len(replaced) > 20
    assert all(path == target and found == version for path, target, found in replaced)


def test_assets_are_used_instead_of_a_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for part in ASSET_PARTS:
        (tmp_path / part.name).touch(mode=0o755)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    found = programs(NO_GO, ASSET_PARTS, print)
    assert found == {name: tmp_path / name for name in ("etcd", "kubectl", "kube-apiserver")}


def test_incomplete_assets_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "etcd").touch(mode=0o755)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    lines: list[str] = []
    with pytest.raises(FileNotFoundError):
        programs(NO_GO, ASSET_PARTS, lines.append)
    assert lines[0] == f"KUBEBUILDER_ASSETS={tmp_path} lacks kubectl, kube-apiserver: not used"


def test_a_module_that_cannot_be_had_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    go = tmp_path / "go"
    go.write_text(
        '#!/bin/sh\necho \'{"Path": "example.com/a", "Version": "v1.0.0", "Error": "no such host"}\'; exit 1\n'
    )
    go.chmod(0o755)
    with pytest.raises(BenchError, match=r"^cannot download the Go module example.com/a@v1.0.0: no such host; check"):
        Go(go).download(Module("example.com/a", "v1.0.0"))


def test_the_lock_makes_the_second_wait(tmp_path: Path) -> None:
    path = tmp_path / "key.lock"
    said, events = threading.Event(), []

    def second() -> None:
        with locked(path, lambda _: said.set()):
            events.append("second")

    with locked(path, print):
        thread = threading.Thread(target=second)
        thread.start()
        assert said.wait(5)
        events.append("first")
    thread.join(5)
    assert events == ["first", "second"]


def test_what_is_built_is_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    go = tmp_path / "go"
    go.write_text("#!/bin/sh\necho go version go1.26.0 linux/amd64\n")
    go.chmod(0o755)
    assert not is_built(Go(go), (ETCD,))
    program = program_path(Go(go), ETCD)
    program.parent.mkdir(parents=True)
    program.touch(mode=0o755)
    assert build(Go(go), ETCD, print) == program
    assert is_built(Go(go), (ETCD,))
    assert not is_built(Go(go), (ETCD, KUBECTL))
