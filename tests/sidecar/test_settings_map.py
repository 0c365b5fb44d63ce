"""The settings of a controller are changed over a real connection; nothing that another process wrote is lost."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from llmd_routes_sidecar import settings_map
from llmd_routes_sidecar.routing import RefusedError
from llmd_routes_sidecar.settings_map import SettingsMap
from tests.api_server import ApiServer, api_server

from .kubeconfigs import write_kubeconfig

Obj = dict[str, Any]
Result = TypeVar("Result")
SETTINGS = "apiVersion: llmd-routes/v1alpha1\nkind: Configuration\nspec: {layout: packed}  # mine\n"


def config_map(name: str, **data: str) -> Obj:
    metadata = {"name": name, "namespace": "llm", "annotations": {"a": "b"}}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, **({"data": data} if data else {})}


def put(api: ApiServer, settings: str = SETTINGS, operators: str | None = None) -> None:
    api.put(config_map("controller", **{"llmd-routes.yaml": settings}))
    api.put(config_map("controller-operators", **({"admin.yaml": operators} if operators is not None else {})))


@pytest.fixture
def api(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiServer]:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    with api_server() as opened:
        write_kubeconfig(tmp_path / "kubeconfig", opened.url)
        put(opened)
        yield opened


def use(act: Callable[[SettingsMap], Coroutine[Any, Any, Result]]) -> Result:
    return asyncio.run(act(SettingsMap("llm", "controller")))


def refused(
    act: Callable[[SettingsMap], Coroutine[Any, Any, Any]] = lambda settings: settings.read(),
) -> tuple[int, str]:
    with pytest.raises(RefusedError) as caught:
        use(act)
    return caught.value.status, str(caught.value)


def data_of(api: ApiServer) -> Obj:
    found: Obj = api.object("ConfigMap", "controller-operators").get("data") or {}
    return found


def test_settings_are_read(api: ApiServer) -> None:
    assert use(lambda settings: settings.read()) == ({"layout": "packed"}, {})
    put(api, "defaults: {m: vllm}\n", '{"spec": {"defaults": {}}}')
    assert use(lambda settings: settings.read()) == ({"defaults": {"m": "vllm"}}, {"defaults": {}})


def test_only_the_settings_of_operators_change(api: ApiServer) -> None:
    made = {"modelServices": {"k": {"addModels": ["a"], "removeModels": []}, "l": {"addModels": []}}, "defaults": {}}
    assert use(lambda settings: settings.change(lambda user, operators: {**made, "was": operators}))[1] == {
        "modelServices": {"k": {"addModels": ["a"]}}
    }
    assert api.object("ConfigMap", "controller")["data"] == {"llmd-routes.yaml": SETTINGS}
    stored = api.object("ConfigMap", "controller-operators")
    assert json.loads(stored["data"]["admin.yaml"]) == {
        "apiVersion": "llmd-routes/v1alpha1",
        "kind": "Configuration",
        "spec": {"modelServices": {"k": {"addModels": ["a"]}}},
    }
    assert stored["metadata"]["annotations"] == {"a": "b"}


def test_a_request_leaves_its_moment(api: ApiServer) -> None:
    put(api, operators="{}")
    use(lambda settings: settings.request("now"))
    stored = api.object("ConfigMap", "controller-operators")
    assert stored["metadata"]["annotations"] == {"a": "b", "llmd-routes/requested": "now"}
    assert stored["data"] == {"admin.yaml": "{}"}


def test_a_refused_change_changes_nothing(api: ApiServer) -> None:
    def refuse(user: Obj, operators: Obj) -> Obj:
        raise RefusedError(400, "no")

    version = api.version
    assert refused(lambda settings: settings.change(refuse)) == (400, "no")
    assert api.version == version


def test_changes_at_the_same_time_are_all_made(api: ApiServer) -> None:
    def add(name: str) -> Callable[[Obj, Obj], Obj]:
        return lambda user, operators: {"defaults": {**operators.get("defaults", {}), name: "v"}}

    async def run() -> None:
        settings = SettingsMap("llm", "controller")
        await asyncio.gather(*(settings.change(add(f"{number}")) for number in range(4)))

    asyncio.run(run())
    assert json.loads(data_of(api)["admin.yaml"])["spec"]["defaults"].keys() == {"0", "1", "2", "3"}


def test_a_config_map_that_others_change_all_the_time(api: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    def disturb(user: Obj, operators: Obj) -> Obj:
        put(api)
        return {}

    monkeypatch.setattr(settings_map, "_MOST_ATTEMPTS", 3)
    assert refused(lambda settings: settings.change(disturb)) == (
        503,
        "ConfigMap llm/controller-operators changes all the time; try again",
    )


@pytest.mark.parametrize(
    ("status", "words"), [(403, "no permission; apply the output of generate --controller again"), (500, "answers 500")]
)
def test_a_server_that_refuses(api: ApiServer, status: int, words: str) -> None:
    api.refused["configmaps"] = status
    found, reason = refused()
    assert found == 503
    assert words in reason


@pytest.mark.parametrize("name", ["controller", "controller-operators"])
def test_a_config_map_that_does_not_exist(api: ApiServer, name: str) -> None:
    api.delete("ConfigMap", name)
    assert refused()[0] == 503
    assert f"ConfigMap llm/{name} does not exist" in refused()[1]


def test_no_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    assert "no cluster to connect to" in refused()[1]
    write_kubeconfig(tmp_path / "kubeconfig", "http://127.0.0.1:9")
    assert refused()[0] == 503


@pytest.mark.parametrize("text", ["[", "text", "spec: 1", "\x00"])
def test_settings_that_cannot_be_read_are_not_replaced(api: ApiServer, text: str) -> None:
    put(api, operators=text)
    status, reason = refused(lambda settings: settings.change(lambda user, operators: {}))
    assert status == 409
    assert reason.startswith("ConfigMap llm/controller-operators: admin.yaml: ") and reason.endswith("; correct it")
    assert data_of(api)["admin.yaml"] == text
