"""What is served follows files, pods and engines."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from llmd_routes_sidecar import pod_watch
from llmd_routes_sidecar.catalog import Catalog, Model, Pods, Service
from llmd_routes_sidecar.live import Told
from llmd_routes_sidecar.models_app import State
from llmd_routes_sidecar.pods import Target
from llmd_routes_sidecar.upkeep import Upkeep

from .fake_api import NAMESPACE, FakeApi, fake_api, raw_pod
from .waiting import soon

Obj = dict[str, Any]


def catalog(*models: str) -> str:
    pods = Pods(namespace=NAMESPACE, selector={"app": "vllm"}, ports=(8000,))
    service = Service(owned_by="vllm", models=tuple(Model(id=one) for one in models), pods=pods)
    return Catalog(services=(service,)).model_dump_json()


def shown(state: State) -> list[Obj]:
    assert state.served is not None
    data: list[Obj] = json.loads(state.served.listed(None))["data"]
    return data


def test_files_pods_and_engines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pod_watch, "_PAUSES", (0.01, 0.05))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    (tmp_path / "catalog.json").write_text(catalog("m"))
    loaded: dict[str, Obj] = {"m": {"created": 7, "root": "org/m"}}

    async def ask(target: Target) -> Told:
        assert target == Target("http", "10.0.0.1", 8000)
        return dict(loaded)

    async def steps() -> None:
        api, state = FakeApi(status=403), State()
        upkeep = Upkeep(state, tmp_path)
        assert shown(state) == [{"id": "m", "object": "model", "created": 0, "owned_by": "vllm"}]
        async with fake_api(api, tmp_path / "kubeconfig"):
            running = asyncio.create_task(upkeep.run(True, ask, 3600))
            await soon(lambda: len(api.lists) > 1)
            assert "available" not in shown(state)[0]
            api.status = None
            await soon(lambda: shown(state)[0].get("available") is False)
            await api.set(raw_pod("p", "10.0.0.1"))
            entry = {"id": "m", "object": "model", "created": 7, "owned_by": "vllm", "root": "org/m"}
            await soon(lambda: shown(state) == [{**entry, "available": True}])
            loaded["adapter"] = {"parent": "m"}
            await upkeep.ask_all()
            assert [(one["id"], one.get("routed")) for one in shown(state)] == [("adapter", False), ("m", None)]
            (tmp_path / "new").write_text(catalog("m", "adapter"))
            (tmp_path / "new").rename(tmp_path / "catalog.json")
            await soon(lambda: "routed" not in shown(state)[0])
            await api.remove("p")
            await soon(lambda: [one["available"] for one in shown(state)] == [False, False])
            assert shown(state)[1] == {**entry, "available": False}
            (tmp_path / "catalog.json").write_text('{"services": []}')
            await soon(lambda: shown(state) == [])
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    asyncio.run(steps())


def test_nothing_is_asked_without_pods(tmp_path: Path) -> None:
    async def ask(target: Target) -> Told:
        raise AssertionError(target)

    async def steps() -> None:
        (tmp_path / "catalog.json").write_text(catalog("m"))
        state = State()
        upkeep = Upkeep(state, tmp_path)
        running = asyncio.create_task(upkeep.run(False, ask, 0.1))
        await upkeep.ask_all()
        await asyncio.sleep(0.1)
        assert [one["id"] for one in shown(state)] == ["m"]
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    asyncio.run(steps())
