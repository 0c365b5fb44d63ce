"""Installations of every engine and source, with what is true of them; expectations that are not plain say why."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from .golden import run

FOLDERS = sorted(path.parent for path in (Path(__file__).parent / "installations").glob("*/objects.yaml"))
FACTS = ("name", "engine", "ownedBy", "models", "ports", "scheme", "roles", "selector")


def expected(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = YAML(typ="safe").load(folder / "expected.yaml")
    return found


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_what_is_served(folder: Path) -> None:
    wanted = expected(folder)
    done = run("discover", "-o", "json", "-f", str(folder / "objects.yaml"))
    assert done.code == 0, done.stderr
    found = json.loads(done.stdout)
    services = {tuple(service["workloads"]): service for service in found["modelServices"]}
    assert sorted(services) == sorted(tuple(service["workloads"]) for service in wanted["services"])
    codes = {notice["code"] for notice in found["notices"]}
    assert codes == {code for service in wanted["services"] for code in service["notices"]}
    for service in wanted["services"]:
        one = services[tuple(service["workloads"])]
        assert {fact: one[fact] for fact in FACTS} == {fact: service[fact] for fact in FACTS}
        assert one["simulator"] is service.get("simulator", False)
    ignored = {entry["object"] for entry in found["ignored"] if not entry["object"].endswith("-epp")}
    assert ignored == set(wanted.get("ignored", ()))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_it_is_routed_or_refused_with_the_reason(folder: Path) -> None:
    wanted = expected(folder)
    done = run("generate", "-f", str(folder / "objects.yaml"))
    assert done.code == wanted["generate"], done.stderr
    if done.code == 0:
        assert all(model in done.stdout for service in wanted["services"] for model in service["models"])
    else:
        assert done.stdout == "" and wanted["because"] in done.stderr, done.stderr


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_only_labels_of_roles_are_missing(folder: Path) -> None:
    without_role = any("role-label" in service["notices"] for service in expected(folder)["services"])
    done = run("label", "-f", str(folder / "objects.yaml"))
    assert (done.code, bool(done.stdout)) == (0, without_role), done.stderr
    assert all("llm-d.ai/role" in line for line in done.stdout.splitlines())
