"""The built-in configurations of endpoint pickers: what they name, and for which engine."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.planning.epp_configs import default_config, roles_config
from llmd_routes.text.yaml_values import load

ENGINES = [
    ("vllm", "vllm", "/metrics"),
    ("sglang", "sglang", "/metrics"),
    ("tensorrt_llm", "trtllm-serve", "/prometheus/metrics"),
    ("mine", "vllm", "/metrics"),
    (None, "vllm", "/metrics"),
]


def parameters(config: dict[str, Any], plugin: str) -> Any:
    return next(each.get("parameters") for each in config["plugins"] if each["type"] == plugin)


@pytest.mark.parametrize("built_in", [default_config, roles_config])
@pytest.mark.parametrize(("engine", "metrics", "path"), ENGINES)
def test_metrics_of_the_engine(built_in: Any, engine: str | None, metrics: str, path: str) -> None:
    config = load(built_in(engine))
    assert parameters(config, "core-metrics-extractor") == {"defaultEngine": metrics}
    assert parameters(config, "metrics-data-source") == {"scheme": "http", "path": path}


@pytest.mark.parametrize("built_in", [default_config, roles_config])
def test_profiles_reference_plugins_that_are_declared(built_in: Any) -> None:
    config = load(built_in("vllm"))
    declared = {plugin.get("name", plugin["type"]) for plugin in config["plugins"]}
    used = {entry["pluginRef"] for profile in config["schedulingProfiles"] for entry in profile["plugins"]}
    assert used <= declared


def test_a_profile_for_each_role() -> None:
    config = load(roles_config("vllm"))
    profiles = {
        each["name"]: [plugin["pluginRef"] for plugin in each["plugins"]] for each in config["schedulingProfiles"]
    }
    assert set(profiles) == {"prefill", "decode"}
    assert all(f"{role}-filter" in plugins for role, plugins in profiles.items())
    assert parameters(config, "disagg-profile-handler") == {"deciders": {"prefill": "pd-decider"}}


@pytest.mark.parametrize(
    ("engine", "decider"), [("vllm", "prefix-based-pd-decider"), ("sglang", "always-disagg-pd-decider")]
)
def test_when_a_prompt_is_prefilled_elsewhere(engine: str, decider: str) -> None:
    """A pod of SGLang in decode mode cannot prefill."""
    plugins = load(roles_config(engine))["plugins"]
    assert [each["type"] for each in plugins if each.get("name") == "pd-decider"] == [decider]
