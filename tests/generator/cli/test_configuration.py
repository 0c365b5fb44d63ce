"""Options in the settings file: every option of every command, below variables and the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import pytest

from llmd_routes.cli import cli
from llmd_routes.cli.configuration import options_of, read_settings, settings_model, values_of
from llmd_routes.cli.option_groups import NOT_IN_FILES, RenamedOption
from llmd_routes.errors import InputError
from llmd_routes.reading.settings import Settings, from_mapping

COMMANDS = [command for command in cli.commands.values() if hasattr(command, "read_defaults")]
MODEL = settings_model(COMMANDS)


def said(**spec: Any) -> Settings:
    return from_mapping(spec, "f", MODEL)


def values(command: str, **spec: Any) -> dict[str, Any]:
    return values_of(cli.commands[command], said(**spec))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda each: each.name)
def test_every_option_has_a_key(command: click.Command) -> None:
    keys = options_of(command)
    options = {option.name for option in command.params if isinstance(option, click.Option)}
    assert {option.name for option in keys.values()} == options - {*NOT_IN_FILES}
    assert keys.keys() <= MODEL.model_fields.keys()


def test_values_by_parameter() -> None:
    spec = {"gateway": ["a", "b"], "pathPrefix": "/v1 /v2", "noCatchAll": True, "requestTimeout": 30, "epp": "deploy"}
    made = values("generate", **spec)
    assert made == {
        "gateways": ["a", "b"],
        "path_prefixes": ["/v1", "/v2"],
        "no_catch_all": True,
        "request_timeout": 30,
        "epp": "deploy",
    }
    assert values("discover", **spec) == {"request_timeout": 30}


def test_former_names() -> None:
    former = [
        (command, key, option)
        for command in COMMANDS
        for key, option in options_of(command).items()
        if isinstance(option, RenamedOption)
    ]
    assert former
    assert values("generate", timeout="1s") == values("generate", routeTimeout="1s") == {"timeout": "1s"}
    assert values("generate", bodyToHeader="sidecar") == {"body_to_header": "sidecar"}


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ({"gatway": "x"}, "f: gatway: unknown key; use gateway"),
        ({"output": "json"}, "f: output: unknown key; use outputDir"),
        ({"layout": "x"}, 'f: layout: invalid value "x"; use one of packed, per-service'),
        ({"check": "x"}, 'f: check: invalid value "x"; use true or false'),
        ({"instance": ["a"]}, 'f: instance: invalid value ["a"]; use a text or a number'),
        ({"gateway": [["a"]]}, 'f: gateway: invalid value [["a"]]; use a text or a list of texts'),
        ({"gateway": {"a": 1}}, 'f: gateway: invalid value {"a": 1}; use a text or a list of texts'),
    ],
)
def test_what_is_wrong(spec: dict[str, Any], problem: str) -> None:
    with pytest.raises(InputError) as raised:
        said(**spec)
    assert list(raised.value.lines) == [problem]


def test_the_file_that_is_named_else_of_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert read_settings(None, lambda: MODEL) == Settings()
    Path("llmd-routes.yaml").write_text("defaults: {m: vllm}\n")
    assert read_settings(None, lambda: MODEL).with_defaults(()) == ("m=vllm",)
    with pytest.raises(InputError, match=r"absent\.yaml: cannot be read"):
        read_settings(Path("absent.yaml"), lambda: MODEL)


def test_an_option_that_only_some_commands_repeat() -> None:
    assert values("discover", namespace=["a", "b"]) == {"namespaces": ["a", "b"]}
    assert values("post-render", namespace=["a"]) == values("post-render", namespace="a") == {"namespace": "a"}
    with pytest.raises(InputError, match="namespace in the settings: 2 values, and this command takes one"):
        values("post-render", namespace=["a", "b"])
