"""The table for people, and the same for programs."""

from __future__ import annotations

import json

from llmd_routes.inventory.build import build_inventory
from llmd_routes.output.discovery import Discovery, describe
from llmd_routes.output.tables import as_text, context_lines
from llmd_routes.problems import Problem
from llmd_routes.text.yaml_values import load
from tests.generator.objects import container, deployment, pool, vllm


def discovered() -> Discovery:
    unknown = deployment("long-name-" + "x" * 80, {"llm-d.ai/role": "decode"}, container("x", "mine:1", ["serve", "m"]))
    return describe(build_inventory([deployment("a", {"app": "a"}, vllm("m")), pool("a", {"app": "a"}, 8000), unknown]))


def test_json_and_yaml_hold_the_same() -> None:
    assert json.loads(as_text(discovered(), "json")) == load(as_text(discovered(), "yaml"))


HEADINGS = ["NAMESPACE", "NAME", "ENGINE", "OWNER", "MODELS", "PORTS", "POOL", "STATUS"]


def test_the_table_has_a_row_for_each_service_and_a_word_for_each_column() -> None:
    rows = [line.split() for line in as_text(discovered(), "table").splitlines()]
    assert rows[0] == HEADINGS
    assert rows[1] == ["ns", "a", "vllm", "vllm", "m", "8000", "a", "ready"]
    assert {len(row) for row in rows} == {len(HEADINGS)}
    assert rows[2][2:] == ["<unknown>", "<none>", "<none>", "<none>", "<none>", "unrouted"]


def test_a_service_that_blocks_is_marked() -> None:
    inventory = build_inventory([deployment("a", {"app": "a"}, vllm("m"))])
    (service,) = inventory.services
    blocked = describe(inventory, (), (Problem(service.title, "no pool", "make one"),))
    assert as_text(blocked, "table").splitlines()[1].split()[-1] == "blocked"


def test_the_wide_table_lists_all_models_and_more_columns() -> None:
    names = ["a", "b", "c", "d"]
    many = describe(build_inventory([deployment("a", {"app": "a"}, vllm("m", "--served-model-name", *names))]))
    assert as_text(many, "table").splitlines()[1].split()[4] == "a,b,+2"
    heading, row = (line.split() for line in as_text(many, "wide").splitlines())
    assert heading == [*HEADINGS, "ROLES", "EPP", "ROUTER", "SELECTOR", "WORKLOADS"]
    assert (row[4], row[-2:]) == ("a,b,c,d", ["app=a", "Deployment/a"])


def test_names_alone() -> None:
    assert as_text(discovered(), "name").splitlines()[0] == "ns/a"


def test_nothing_found_prints_nothing() -> None:
    nothing = describe(build_inventory([]))
    assert [as_text(nothing, each) for each in ("table", "wide", "name")] == ["", "", ""]


def test_what_surrounds_the_services() -> None:
    assert context_lines(discovered()) == ["Gateways: none", "InferencePools: a", "HTTPRoutes: none"]
