"""`llmd-routes doctor` as it is called."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.generator.diagnosing.test_diagnose import healthy, of_kind
from tests.generator.objects import Obj, write_objects
from tests.golden import Run, run


def doctor(folder: Path, objects: list[Obj], *words: str) -> Run:
    return run("doctor", "-f", str(write_objects(folder, objects)), *words)


def test_a_healthy_installation_exits_with_0(tmp_path: Path) -> None:
    done = doctor(tmp_path, healthy())
    assert (done.code, done.stderr) == (0, "")
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == ["ok", "ok"]


def test_a_broken_one_exits_with_1(tmp_path: Path) -> None:
    objects = healthy()
    of_kind(objects, "Pod", "pod-0")["status"]["conditions"] = []
    done = doctor(tmp_path, objects)
    assert (done.code, done.stderr) == (1, "")
    assert done.stdout.startswith("error: InferencePool ns/vllm: no pod is ready [pods]\n")
    assert json.loads(doctor(tmp_path, objects, "-o", "json").stdout)["findings"][0]["cause"] == "pods"


@pytest.mark.parametrize(
    ("words", "message"),
    [(["--gateway", "nope"], "--gateway nope: not in the input"), (["--gateway", "gw"], "")],
)
def test_one_gateway_may_be_meant(tmp_path: Path, words: list[str], message: str) -> None:
    done = doctor(tmp_path, healthy(), *words)
    assert done.code == (2 if message else 0)
    assert message in done.stderr.replace("\n  fix: ", "; ")


def test_without_a_gateway_nothing_is_called_healthy(tmp_path: Path) -> None:
    done = doctor(tmp_path, [obj for obj in healthy() if obj["kind"] not in ("Gateway", "HTTPRoute")])
    assert (done.code, done.stdout) == (2, "")
    assert done.stderr.startswith("error: the input contains no Gateway and no HTTPRoute\n")
