"""The server as a process: its files, its ports, its end."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from llmd_routes_sidecar.catalog_files import CatalogError, read_catalog, stamp
from llmd_routes_sidecar.cli import main

Obj = dict[str, Any]


def written(folder: Path, name: str, *ids: str) -> None:
    """Write a file of a catalog as the kubelet does: all of it at once."""
    text = json.dumps({"services": [{"owned_by": "vllm", "models": [{"id": one} for one in ids]}]})
    (folder / "new").write_text(text)
    (folder / "new").rename(folder / name)


@contextmanager
def serving(folder: Path, *words: str) -> Iterator[tuple[subprocess.Popen[str], int, int]]:
    command = [sys.executable, "-m", "llmd_routes_sidecar", "models", "--catalog", str(folder), *words]
    process = subprocess.Popen(
        [*command, "--port=0", "--inner-port=0"], stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stderr
        told = re.fullmatch(
            r"models: answering on port (\d+), health and metrics on (\d+)\n", process.stderr.readline()
        )
        assert told
        yield process, int(told[1]), int(told[2])
    finally:
        process.kill()
        process.wait()
        assert process.stderr and process.stdout
        process.stderr.close()
        process.stdout.close()


def get(port: int, path: str, method: str = "GET") -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def listed(port: int) -> list[str]:
    return [entry["id"] for entry in json.loads(get(port, "/v1/models")[1])["data"]]


def soon(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_files_are_taken_up_while_it_runs(tmp_path: Path) -> None:
    with serving(tmp_path) as (process, port, inner):
        soon(lambda: get(inner, "/health")[0] == 200)
        assert (get(inner, "/readyz")[0], get(port, "/v1/models")[0]) == (503, 503)
        written(tmp_path, "a.json", "b")
        soon(lambda: get(inner, "/readyz")[0] == 200)
        assert listed(port) == ["b"]
        written(tmp_path, "b.json", "a", "b")
        soon(lambda: listed(port) == ["a", "b"])
        (tmp_path / "b.json").write_text("{")
        assert process.stderr
        while not (line := process.stderr.readline()).startswith("error: "):
            pass
        assert "b.json: is no catalog: " in line and "the catalog before it goes on" in line
        assert listed(port) == ["a", "b"]
        (tmp_path / "b.json").unlink()
        soon(lambda: listed(port) == ["b"])
        assert get(port, "/v1/models", "HEAD") == (200, b"")
        assert get(port, "/v1/models/a%2Fb")[0] == 404


def test_it_ends_when_told(tmp_path: Path) -> None:
    written(tmp_path, "a.json", "m")
    with serving(tmp_path) as (process, port, _):
        soon(lambda: get(port, "/v1/models")[0] == 200)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) in (0, -signal.SIGTERM)
        assert process.stdout and process.stderr
        assert (process.stdout.read(), "Traceback" in process.stderr.read()) == ("", False)


def test_what_is_no_catalog_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.json").write_text('{"services": [{"models": []}]}')
    assert main(["models", "--catalog", str(tmp_path)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert err.endswith("a.json: is no catalog: services.0.owned_by: Field required; write it with llmd-routes\n")


@pytest.mark.parametrize("words", [["models"], ["models", "--catalog", "/nowhere"], ["nothing"], []])
def test_what_cannot_be_asked(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert capsys.readouterr().out == ""


def test_a_file_that_goes_away(tmp_path: Path) -> None:
    assert (read_catalog(tmp_path), stamp(tmp_path)) == (None, ())
    (tmp_path / "gone.json").symlink_to(tmp_path / "nowhere")
    assert stamp(tmp_path) == (("gone.json", 0, 0, 0),)
    with pytest.raises(CatalogError, match="cannot be read: no such file or directory"):
        read_catalog(tmp_path)


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"llmd-routes-sidecar {version('llmd-routes')}\n"
