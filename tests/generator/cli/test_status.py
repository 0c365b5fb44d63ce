"""`llmd-routes status` as it is called."""

from __future__ import annotations

import json
from pathlib import Path

from tests.generator.diagnosing.test_diagnose import of_kind
from tests.generator.diagnosing.test_readiness import accepted
from tests.generator.objects import Obj, write_objects
from tests.golden import Run, run


def status(folder: Path, objects: list[Obj], *words: str) -> Run:
    return run("status", "-f", str(write_objects(folder, objects)), *words)


def test_what_is_in_effect(tmp_path: Path) -> None:
    done = status(tmp_path, accepted())
    assert (done.code, done.stderr) == (0, "")
    assert done.stdout.splitlines()[:2] == ["ok: Gateway ns/gw", "ok: HTTPRoute ns/x"]
    data = json.loads(status(tmp_path, accepted(), "-o", "json").stdout)
    assert data["inEffect"] is True
    assert {each["inEffect"] for each in data["objects"]} == {True}


def test_what_is_not(tmp_path: Path) -> None:
    objects = accepted()
    del of_kind(objects, "HTTPRoute")["status"]
    done = status(tmp_path, objects)
    assert (done.code, done.stderr) == (1, "")
    assert done.stdout.startswith("error: HTTPRoute ns/x: no controller reports about it [no-status]\n")
    data = json.loads(status(tmp_path, objects, "-o", "json").stdout)
    assert [each["object"] for each in data["objects"] if not each["inEffect"]] == ["HTTPRoute ns/x"]


def test_an_invalid_duration(tmp_path: Path) -> None:
    done = status(tmp_path, accepted(), "--timeout", "soon")
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr.startswith("error: --timeout soon: invalid duration\n")
