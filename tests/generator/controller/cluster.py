"""The guide's cluster in memory, and the controller's values for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

from llmd_routes.cli.generate import generate
from llmd_routes.controller.passes import Wish
from llmd_routes.controller.store import View
from llmd_routes.kinds import in_order
from llmd_routes.kube.objects import Object
from llmd_routes.reading.connection import Server, connect
from llmd_routes.reading.permissions import Wanted
from llmd_routes.reading.request import Input
from llmd_routes.text.yaml_values import load_all
from tests.api_server import ApiServer
from tests.generator.reading.test_connection import kubeconfig
from tests.golden import DATA

Obj = dict[str, Any]
NS = "llm-d-multi-engine"
INSTANCE = f"{NS}.inference-gateway"
SGLANG = "ms-sglang-qwen2-5-0-5b-llm-d-modelservice-decode"
VLLM = "ms-vllm-qwen2-5-0-5b-llm-d-modelservice-decode"
POOLS = ["gaie-sglang-qwen2-5-0-5b", "gaie-vllm-qwen2-5-0-5b"]


def guide() -> list[Obj]:
    """Return the objects of the guide with two engines, without any route."""
    return list(load_all((DATA / "two-engines" / "objects.yaml").read_text(encoding="utf-8")))


def view(objects: list[Obj], deleted: list[Obj] | None = None) -> View:
    return View(in_order(list(objects)), tuple(deleted or ()), {})


def without(objects: list[Obj], *names: str) -> list[Obj]:
    return [obj for obj in objects if obj["metadata"]["name"] not in names]


def wish(gateways: tuple[str, ...] = (), **more: Any) -> Wish:
    """Return the options that the controller has by default."""
    return Wish(source(), chosen() | {"gateways": gateways}, Wanted((NS,)), **more)


class Fixed:
    """Options that change only when a test replaces them."""

    def __init__(self, current: Wish) -> None:
        self.current = current
        self.given = current

    def read(self, objects: Iterable[Object]) -> Wish:
        self.given = self.current
        return self.current

    def has_changed(self) -> bool:
        return self.current is not self.given


def source() -> Input:
    return Input((), False, (NS,), False, None, None, (), None, False)


def chosen() -> dict[str, Any]:
    """Return the values of the options of generate without any argument."""
    values = generate.make_context("generate", []).params
    others = {
        *(field.name for field in fields(Input)),
        "restricted",
        "output",
        "output_file",
        "output_dir",
        "check",
        "controller",
    }
    return {key: value for key, value in values.items() if key not in others}


def connected(api: ApiServer, folder: Path) -> Server:
    return connect(None, 5.0, str(kubeconfig(folder / "config", api.url, NS)))
