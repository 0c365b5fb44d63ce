"""What the builder writes and picks, without building anything."""

import threading
from pathlib import Path

import pytest

from .cache import locked
from .errors import BenchError
from .gobuild import CONTROL_PLANE, ETCD, KUBECTL, go_mod_text, programs
from .golang import Go
from .pins import Module

UPSTREAM = """module k8s.io/kubernetes

go 1.26.0

godebug default=go1.26

require k8s.io/api v0.0.0

replace (
	k8s.io/api => ./staging/src/k8s.io/api
	example.com/fork => example.com/other v1.2.3
)
"""

NO_GO = Go(Path("/nonexistent/go"))


def test_staging_modules_become_published_ones() -> None:
    assert (
        go_mod_text(KUBECTL, UPSTREAM)
        == """module bench

go 1.26.0

require k8s.io/kubernetes v1.36.3

replace (
	k8s.io/api => k8s.io/api v0.36.3
)
"""
    )


def test_a_part_without_staging_has_one_requirement() -> None:
    text = go_mod_text(ETCD, "module go.etcd.io/etcd/server/v3\n\ngo 1.24.0\n")
    assert text == "module bench\n\ngo 1.24.0\n\nrequire go.etcd.io/etcd/server/v3 v3.6.8\n"


def test_assets_are_used_instead_of_a_build(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for part in CONTROL_PLANE:
        (tmp_path / part.name).touch(mode=0o755)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    found = programs(NO_GO, CONTROL_PLANE, print)
    assert found == {name: tmp_path / name for name in ("etcd", "kubectl", "kube-apiserver")}


def test_incomplete_assets_are_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "etcd").touch(mode=0o755)
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    lines: list[str] = []
    with pytest.raises(FileNotFoundError):
        programs(NO_GO, CONTROL_PLANE, lines.append)
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
