"""Options that were given for nothing, and what each needs."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_args

import pytest

from llmd_routes.model.options import Options
from llmd_routes.planning.needs import FACTS, NEEDS, Need, unmet
from tests.generator.options import to_options


def test_rows_name_fields_of_the_options_and_every_need_has_a_fact() -> None:
    assert {row.name for row in NEEDS} <= {each.name for each in fields(Options)}
    assert {need for row in NEEDS for need in row.needs} == set(FACTS) == set(get_args(Need))


@pytest.mark.parametrize(
    ("words", "missing", "line"),
    [
        (
            {"epp_image": "x"},
            "picker",
            "--epp-image: applies only to endpoint pickers that llmd-routes deploys; pass --epp deploy",
        ),
        (
            {"epp_config": "x"},
            "picker",
            "--epp-config: applies only to endpoint pickers that llmd-routes deploys; pass --epp deploy",
        ),
        (
            {"epp_preset": "pd"},
            "picker",
            "--epp-config: applies only to endpoint pickers that llmd-routes deploys; pass --epp deploy",
        ),
        (
            {"body_limit": "1Mi"},
            "reading",
            "--buffer-limit: has no effect, because llmd-routes reads no request bodies HERE",
        ),
        ({"held_limit": "1Mi"}, "reading", "--held-limit: has no effect, because llmd-routes reads no request bodies"),
        ({"held_limit": "1Mi"}, "processor", "--held-limit: applies only to an external service"),
        (
            {"strip_engine_fields": "always"},
            "reading",
            "--strip-engine-fields: has no effect, because llmd-routes reads no request bodies",
        ),
        ({"cors_origins": ("*",)}, "server", "--cors-origin: applies only to an emitted models server"),
        ({"engine_key_plain": True}, "keys", "--engine-key-plain: applies only to API keys"),
        ({"keep_path": True}, "rewriting", "--keep-path: has no effect, because no path prefix is rewritten"),
        ({"no_catch_all": True}, "answers", "--no-catch-all: has no effect, because no catch-all rule"),
    ],
)
def test_an_option_without_what_it_is_about(words: dict[str, Any], missing: Need, line: str) -> None:
    (problem,) = unmet(to_options(**words), {missing: False}, "HERE")
    assert problem.startswith(line)
    assert list(unmet(to_options(**words), {}, "HERE")) == []


def test_only_the_first_need_is_told() -> None:
    missing: dict[Need, bool] = {"reading": False, "processor": False}
    assert len(list(unmet(to_options(held_limit="1Gi"), missing, ""))) == 1


def test_what_asks_for_nothing_needs_nothing() -> None:
    idle = to_options(strip_engine_fields="never")
    assert list(unmet(idle, dict.fromkeys(get_args(Need), False), "")) == []
