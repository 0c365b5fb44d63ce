"""The command as a process: it runs until it receives a signal."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.api_server import api_server
from tests.bench.waiting import until
from tests.generator.controller.cluster import INSTANCE, NS, guide
from tests.generator.reading.test_connection import kubeconfig
from tests.golden import run


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_runs_until_a_signal_and_logs_json(tmp_path: Path, number: signal.Signals) -> None:
    with api_server() as api:
        api.put(*guide())
        config = kubeconfig(tmp_path / "config", api.url, NS)
        words = [sys.executable, "-m", "llmd_routes", "controller", "--kubeconfig", str(config)]
        with subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ) as process:
            until(lambda: api.names("HTTPRoute") == [INSTANCE], "the route is made")
            process.send_signal(number)
            stdout, stderr = process.communicate(timeout=20)
    assert (process.returncode, stdout) == (0, b"")
    applied = [line["object"] for line in map(json.loads, stderr.splitlines()) if line["message"] == "applied"]
    assert applied[-1] == f"HTTPRoute {NS}/{INSTANCE}"


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("-f", "x.yaml"), "-f: the controller reads a cluster"),
        (("--ask-engines",), "--ask-engines: the controller does not ask engines"),
        (("-l", "a=b"), "-l a=b: would replace the routes of other ModelServices"),
        (("-A", "-n", "llm"), "-A and -n: mutually exclusive"),
    ],
)
def test_what_it_cannot_do_is_an_error(tmp_path: Path, words: tuple[str, ...], problem: str) -> None:
    config = kubeconfig(tmp_path / "config", "http://127.0.0.1:1", NS)
    done = run("controller", "--kubeconfig", str(config), *words)
    assert done.code == 2
    assert problem in done.stderr
