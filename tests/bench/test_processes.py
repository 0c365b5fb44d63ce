"""Servers that do not start, with shell scripts in their place: the error says why, and nothing is left running."""

import os
from pathlib import Path

import pytest

from .apiserver import api_server, etcd_server
from .errors import BenchError
from .processes import Processes


def script(path: Path, text: str) -> Path:
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_server_that_fails_is_explained_and_its_etcd_ended(tmp_path: Path) -> None:
    pid = tmp_path / "etcd.pid"
    programs = {
        "etcd": script(tmp_path / "etcd-stub", f"echo $$ > {pid}; exec sleep 600"),
        "kube-apiserver": script(
            tmp_path / "server-stub", f"until [ -s {pid} ]; do sleep 0.01; done; echo unknown flag; exit 3"
        ),
        "kubectl": script(tmp_path / "kubectl-stub", "exit 1"),
    }
    error = pytest.raises(BenchError, match=r"(?s)^kube-apiserver ended with code 3; .*unknown flag$")
    with error, etcd_server(programs, tmp_path) as etcd, api_server(programs, tmp_path, etcd):
        pass
    assert not alive(int(pid.read_text()))


def test_a_process_that_ignores_sigterm_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.bench.processes.GRACE", 0.2)
    pid = tmp_path / "pid"
    with Processes(tmp_path) as processes:
        processes.start(
            "deaf", script(tmp_path / "deaf", f"trap '' TERM; echo $$ > {pid}; while :; do sleep 0.1; done")
        )
        while not (pid.exists() and pid.read_text()):
            processes.check()
    assert not alive(int(pid.read_text()))
