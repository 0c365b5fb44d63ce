"""The options of the controller follow the settings file; an invalid file leaves the last valid options in effect."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import pytest

from llmd_routes.cli import cli
from llmd_routes.cli.wishes import Wishes
from llmd_routes.errors import InputError

HEAD = "apiVersion: llmd-routes/v1alpha1\nkind: Configuration\nspec:\n"


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    path = tmp_path / "settings.yaml"
    path.write_text(f"{HEAD}  namespace: [a]\n  instance: mine\n")
    return path


def wishes(*words: str, config_map: str | None = None) -> Wishes:
    parent = click.Context(cli, info_name="llmd-routes")
    command = cli.commands["controller"]
    return Wishes(command.make_context("controller", list(words), parent), "here", config_map)


def test_options_come_from_the_command_line_and_the_file(settings: Path) -> None:
    wish = wishes("--config", str(settings), "--path-prefix", "/llm/v1", "--dry-run", "--lease", "l").read(())
    assert (wish.namespaces, wish.chosen["instance"], wish.chosen["path_prefixes"]) == (("a",), "mine", ("/llm/v1",))
    assert (wish.is_dry, wish.removes_many, wish.problems) == (True, False, ())
    assert "lease" not in wish.chosen


def test_without_a_file_the_namespace_is_that_of_the_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    options = wishes()
    assert (options.read(()).namespaces, options.has_changed()) == (("here",), False)
    assert wishes("-A").read(()).namespaces == ()


def test_a_changed_file_is_read_again(settings: Path) -> None:
    options = wishes("--config", str(settings), "--instance", "given")
    assert not options.has_changed()
    settings.write_text(f"{HEAD}  namespace: [a, b]\n  instance: other\n  allowMassRemoval: true\n")
    assert options.has_changed()
    wish = options.read(())
    assert (wish.namespaces, wish.removes_many) == (("a", "b"), True)
    assert wish.chosen["instance"] == "given", "the command line wins"
    assert not options.has_changed()


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        (f"{HEAD}  nosuch: 1\n", "nosuch"),
        (f"{HEAD}  layout: nosuch\n", "layout"),
        (f"{HEAD}  namespace: ['-']\n", "invalid namespace name"),
        (f"{HEAD}  filename: x.yaml\n", "the controller reads a cluster"),
        ("{", "settings.yaml"),
        (None, "the file does not exist"),
    ],
)
def test_an_invalid_file_is_not_used(settings: Path, text: str | None, fact: str) -> None:
    options = wishes("--config", str(settings))
    good = options.read(())
    settings.unlink() if text is None else settings.write_text(text)
    wish = options.read(())
    assert (wish.namespaces, wish.chosen) == (good.namespaces, good.chosen)
    (problem,) = wish.problems
    assert problem.object == str(settings)
    assert problem.fact.startswith("the changed settings are invalid, so the previous settings are used: ")
    assert fact in problem.fact
    assert problem.fix
    assert options.read(()) is wish, "it is not read again before it changes"
    settings.write_text(f"{HEAD}  namespace: [c]\n")
    assert (options.read(()).namespaces, options.read(()).problems) == (("c",), ())


def test_a_file_that_is_replaced_through_a_link_is_read_again(tmp_path: Path) -> None:
    """As the kubelet updates a ConfigMap: the link leads to another directory."""
    for number, namespace in enumerate("ab"):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "settings.yaml").write_text(f"{HEAD}  namespace: [{namespace}]\n")
    (tmp_path / "data").symlink_to("0")
    options = wishes("--config", str(tmp_path / "data" / "settings.yaml"))
    assert options.read(()).namespaces == ("a",)
    (tmp_path / "next").symlink_to("1")
    (tmp_path / "next").rename(tmp_path / "data")
    assert options.has_changed()
    assert options.read(()).namespaces == ("b",)


def test_options_that_the_controller_does_not_support_are_errors() -> None:
    for words in (("-f", "x"), ("--ask-engines",), ("-l", "a=b")):
        with pytest.raises(InputError):
            wishes(*words)


def config_map(text: str, name: str = "settings", key: str = "llmd-routes.yaml", requested: str = "") -> dict[str, Any]:
    metadata = {"name": name, "namespace": "here", "annotations": {"llmd-routes/requested": requested}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {key: text}}


def asked(text: str, requested: str = "") -> dict[str, Any]:
    """Return the ConfigMap with what operators requested."""
    return config_map(text, "settings-operators", "admin.yaml", requested)


@pytest.fixture
def following(settings: Path) -> Wishes:
    return wishes("--config", str(settings), config_map="settings")


def test_a_config_map_replaces_the_file_as_soon_as_it_is_known(following: Wishes, settings: Path) -> None:
    assert following.read(()).namespaces == ("a",)
    changed = config_map(f"{HEAD}  namespace: [b]\n  layout: per-service\n")
    wish = following.read([{"kind": "Pod", "metadata": {"name": "settings", "namespace": "here"}}, changed])
    assert (wish.namespaces, wish.chosen["layout"]) == (("b",), "per-service")
    settings.write_text(f"{HEAD}  namespace: [c]\n")
    assert following.read([changed]) is wish, "the file does not matter any more"
    assert not following.has_changed()


def test_operators_have_settings_of_their_own(following: Wishes) -> None:
    own = config_map(f"{HEAD}  namespace: [a]\n")
    text = "modelServices: {a/Deployment/x: {removeModels: [m]}}\ndefaults: {m: vllm}\n"
    wish = following.read([asked(text), own])
    assert wish.operators.overrides("x")["a/Deployment/x"].remove_models == ("m",)
    assert wish.operators.defaults == {"m": "vllm"}
    assert following.read([own]).operators.model_services == {}


def test_operators_can_set_no_options(following: Wishes) -> None:
    """Whoever may change their ConfigMap only can choose neither an image nor a namespace."""
    own = config_map(f"{HEAD}  namespace: [a]\n")
    wish = following.read([own, asked(f"{HEAD}  image: other\n")])
    assert wish.chosen["image"] is None
    assert "spec.image: unknown key" in wish.problems[0].fact


def test_a_request_to_examine_the_cluster_again_changes_nothing_else(following: Wishes) -> None:
    own = config_map(f"{HEAD}  namespace: [a]\n")
    first, second = (following.read([own, asked("", moment)]) for moment in ("1", "2"))
    assert (first.requested, second.requested) == ("1", "2")
    assert first == replace(second, requested="1")


OWN, GOOD = "ConfigMap here/settings", config_map(f"{HEAD}  namespace: [b]\n")


@pytest.mark.parametrize(
    ("objects", "place", "fact"),
    [
        ([config_map(f"{HEAD}  nosuch: 1\n")], OWN, f"{OWN}: llmd-routes.yaml:4: spec.nosuch: unknown key"),
        ([GOOD, asked("[")], f"{OWN}-operators: admin.yaml", "admin.yaml:1: "),
        ([GOOD, asked("a: 1")], f"{OWN}-operators: admin.yaml", "admin.yaml: apiVersion"),
        ([config_map("", key="other")], OWN, "llmd-routes.yaml does not exist"),
        ([], OWN, "the ConfigMap does not exist"),
    ],
)
def test_invalid_settings_in_a_config_map_are_not_used(
    following: Wishes, objects: list[dict[str, Any]], place: str, fact: str
) -> None:
    before = following.read([GOOD])
    wish = following.read(objects)
    (problem,) = wish.problems
    assert (wish.namespaces, problem.object) == (("b",), place)
    assert fact in problem.fact and problem.fix
    assert following.read(objects) is wish
    again = following.read([GOOD])
    assert (again.namespaces, again.chosen, again.problems) == (before.namespaces, before.chosen, ())
