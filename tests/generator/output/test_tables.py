"""The table for people, and the same for programs."""

from __future__ import annotations

import json

from llmd_routes.inventory.build import build_inventory
from llmd_routes.output.discovery import Discovery, describe
from llmd_routes.output.tables import as_text
from llmd_routes.text.yaml_values import load
from tests.generator.objects import container, deployment, pool, vllm


def discovered() -> Discovery:
    unknown = deployment("long-name-" + "x" * 80, {"llm-d.ai/role": "decode"}, container("x", "mine:1", ["serve", "m"]))
    return describe(build_inventory([deployment("a", {"app": "a"}, vllm("m")), pool("a", {"app": "a"}, 8000), unknown]))


def test_json_and_yaml_hold_the_same() -> None:
    assert json.loads(as_text(discovered(), "json")) == load(as_text(discovered(), "yaml"))


def test_the_table_has_a_row_for_each_service_and_its_pool_under_it() -> None:
    lines = as_text(discovered(), "table").splitlines()
    assert lines[0].split() == ["NAME", "ENGINE", "OWNED-BY", "PORTS", "ROLES"]
    row = next(number for number, line in enumerate(lines) if line.startswith("ns/a "))
    assert lines[row].split() == ["ns/a", "vllm", "vllm", "8000", "-"]
    assert lines[row + 1 : row + 3] == ["  models: m", "  pool: a"]
    assert "InferencePools: a" in lines


def test_lines_end_in_time_but_for_names_and_commands() -> None:
    lines = as_text(discovered(), "table").splitlines()
    rows = [line for line in lines if line.startswith(("NAME", "ns/"))]
    assert all(len(line) <= 100 or "x" * 80 in line or "kubectl" in line for line in lines if line not in rows)


def test_nothing_found() -> None:
    assert as_text(describe(build_inventory([])), "table").startswith("no ModelService found\n")
