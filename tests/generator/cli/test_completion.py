"""Completions for kubectl and for shells."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from llmd_routes.cli.completion import completions, main
from tests.golden import run

CASES = [
    (["ge"], ["generate\tPrint InferencePools and HTTPRoutes by...", ":4"]),
    (["nothing"], [":0"]),
    (["generate", "--pool-api", "v1"], ["v1", "v1alpha2", ":4"]),
    (
        ["generate", "--epp-c"],
        [
            "--epp-config\tThe EndpointPickerConfig of deployed endpoint pickers; pd is for prefill and decode.",
            ":4",
        ],
    ),
    (["generate", "--epp-config", ""], [":0"]),
]


@pytest.mark.parametrize(("words", "lines"), CASES)
def test_completions(words: list[str], lines: list[str]) -> None:
    assert completions(words) == lines


def test_every_command_is_offered() -> None:
    offered = [line.partition("\t")[0] for line in completions([""])]
    commands = [
        "compare",
        "completion",
        "controller",
        "diff",
        "discover",
        "doctor",
        "explain",
        "generate",
        "graph",
        "krm",
        "label",
    ]
    assert offered == [*commands, "post-render", "status", ":4"]


def test_kubectl_gets_lines(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["kubectl_complete-llmd_routes", "d"])
    assert main() == 0
    assert capsys.readouterr().out.endswith("\n:4\n")


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_shells_get_a_script(shell: str) -> None:
    command = [sys.executable, "-m", "llmd_routes"]
    environment = os.environ | {"_LLMD_ROUTES_COMPLETE": f"{shell}_source"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert "_LLMD_ROUTES_COMPLETE" in done.stdout
    printed = run("completion", shell)
    assert (printed.code, printed.stdout) == (0, done.stdout)
