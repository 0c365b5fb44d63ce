"""What ConfigMaps add to a container: variables, and files that are mounted."""

from __future__ import annotations

from typing import Any

import pytest

from llmd_routes.kube.config_maps import config_file, environment, mounted, origin, overriders

MAPS = {"a": {"A": "1", "B": "2"}, "b": {"B": "3"}, "files": {"config.yaml": "served_model_name: [x, z]\nport: 1\n"}}
SPEC = {"volumes": [{"name": "v", "configMap": {"name": "files"}}, {"name": "w", "configMap": {"name": "absent"}}]}


def env_from(*names: str, prefix: str = "", optional: bool = False) -> list[dict[str, Any]]:
    return [{"prefix": prefix, "configMapRef": {"name": name, "optional": optional}} for name in names]


def key_of(name: str, key: str, kind: str = "configMapKeyRef", **more: Any) -> dict[str, Any]:
    return {"name": "V", "valueFrom": {kind: {"name": name, "key": key, **more}}}


def test_later_maps_win_and_literals_win_over_all() -> None:
    container = {"envFrom": env_from("a", "b"), "env": [{"name": "A", "value": "$(B)!"}]}
    assert environment(MAPS.get, container) == {"A": "3!", "B": "3"}
    assert environment(MAPS.get, {"envFrom": env_from("a", prefix="P_")}) == {"P_A": "1", "P_B": "2"}


def test_what_a_missing_map_would_replace_is_not_known() -> None:
    assert environment(MAPS.get, {"envFrom": env_from("a", "absent")}) == {}
    assert environment(MAPS.get, {"envFrom": env_from("a") + env_from("absent", optional=True)}) == MAPS["a"]
    assert environment(MAPS.get, {"envFrom": env_from("a"), "env": [key_of("absent", "k") | {"name": "A"}]}) == {
        "B": "2"
    }


def test_optional_maps_that_are_not_there_are_told() -> None:
    container = {"envFrom": env_from("a") + env_from("late", optional=True)}
    assert overriders(MAPS.get, container) == {"A": "late", "B": "late"}
    assert overriders(MAPS.get, {**container, "env": [{"name": "A", "value": "x"}]}) == {"B": "late"}
    assert overriders(MAPS.get, {"envFrom": env_from("a", "b")}) == {}


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (key_of("absent", "k"), "ConfigMap absent is not in the input"),
        (key_of("a", "k"), "ConfigMap a has no k"),
        (key_of("s", "k", "secretKeyRef"), "it is in Secret s, which llmd-routes never reads"),
        ({"name": "V", "valueFrom": {"fieldRef": {"fieldPath": "x"}}}, "it is known only at run time"),
        ({"name": "V", "value": "x"}, None),
    ],
)
def test_why_a_variable_has_no_value(entry: dict[str, Any], reason: str | None) -> None:
    assert origin(MAPS.get, {"env": [entry]}, "V") == reason


@pytest.mark.parametrize(
    ("mount", "path", "is_there"),
    [
        ({"mountPath": "/etc/x"}, "/etc/x/config.yaml", True),
        ({"mountPath": "/etc/x"}, "/etc/config.yaml", False),
        ({"mountPath": "/etc/other.yaml", "subPath": "config.yaml"}, "/etc/other.yaml", True),
        ({"mountPath": "/etc/x"}, "/etc/x/other.yaml", False),
    ],
)
def test_files_that_are_mounted(mount: dict[str, str], path: str, is_there: bool) -> None:
    container = {"volumeMounts": [{"name": "v", **mount}]}
    assert (mounted(SPEC, MAPS.get, container, path) is not None) == is_there


def test_a_file_of_options() -> None:
    container = {"volumeMounts": [{"name": "v", "mountPath": "/c"}]}
    wanted = {"served-model-name": ("x", "z"), "port": ("1",)}
    assert config_file(SPEC, MAPS.get, container, "/c/config.yaml") == wanted
    assert config_file(SPEC, MAPS.get, container, "/elsewhere") is None
    assert config_file(SPEC, {"files": {"config.yaml": "- a\n"}}.get, container, "/c/config.yaml") == {}
