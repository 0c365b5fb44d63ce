"""Signals at any moment: Ctrl-C ends every program with 130 and without a traceback, SIGTERM a service with 0."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[1] / "data" / "two-engines" / "objects.yaml"
# Sends a signal to itself when a module is imported, or when the interpreter ends; argv: signal, module, command.
DRIVER = """
import atexit, os, sys
from {package}.__main__ import main
number, module = int(sys.argv.pop(1)), sys.argv.pop(1)
class Signals:
    @staticmethod
    def find_spec(name, *_):
        if name == module:
            os.kill(os.getpid(), number)
if module == "the end":
    atexit.register(os.kill, os.getpid(), number)
sys.meta_path.insert(0, Signals)
sys.exit(main())
"""
GENERATE = ("llmd_routes", "generate", "-f", str(EXAMPLE))
EXT_PROC = ("llmd_routes_sidecar", "ext-proc", "--port=0", "--health-port=0", "--metrics-port=0")
LOADED = {
    GENERATE: ("llmd_routes.cli", "click", "pydantic", "llmd_routes.inventory.build", "jinja2"),
    EXT_PROC: ("llmd_routes_sidecar.cli", "click", "grpc", "uvicorn", "prometheus_client"),
}


def run(command: tuple[str, ...], number: signal.Signals, module: str) -> tuple[int, str]:
    package, *words = command
    argv = [sys.executable, "-c", DRIVER.format(package=package), str(int(number)), module, *words]
    done = subprocess.run(argv, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("command", "module"),
    [(command, module) for command, modules in LOADED.items() for module in modules],
    ids=lambda value: value if isinstance(value, str) else value[1],
)
def test_ctrl_c_while_modules_are_loaded(command: tuple[str, ...], module: str) -> None:
    assert run(command, signal.SIGINT, module) == (130, "")


def test_ctrl_c_after_the_result_is_written_changes_nothing() -> None:
    code, stderr = run(GENERATE, signal.SIGINT, "the end")
    assert (code, "Traceback" in stderr) == (0, False)


@pytest.mark.parametrize("module", LOADED[EXT_PROC])
def test_a_service_that_starts_ends_when_its_pod_does(module: str) -> None:
    assert run(EXT_PROC, signal.SIGTERM, module) == (0, "")


@contextmanager
def started(*words: str) -> Iterator[subprocess.Popen[str]]:
    argv = [sys.executable, "-m", "llmd_routes_sidecar", *words]
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stderr
            assert "answering on port" in process.stderr.readline()
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
@pytest.mark.parametrize("service", ["ext-proc", "models"])
def test_a_service_that_runs(service: str, number: signal.Signals, code: int, tmp_path: Path) -> None:
    (tmp_path / "catalog.json").write_text('{"services": []}')
    ports = EXT_PROC[2:] if service == "ext-proc" else (f"--catalog={tmp_path}", "--port=0", "--inner-port=0")
    with started(service, *ports) as process:
        process.send_signal(number)
        stderr = process.communicate(timeout=30)[1]
    assert (process.returncode, stderr.strip()) == (code, "")
