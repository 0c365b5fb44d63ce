"""The calls of the guide that the project answers, literally but for the address, and what they must answer."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.bench.cases import SHARED

from .engine import CREATED
from .gateway import MODEL, Gateway, Obj

GUIDE = SHARED.parent / "reference" / "unified-interface-guide.md"
OWNERS = ("sglang", "vllm")
# Answers and their heads go to files, in order; the gateway stands for what the guide forwards ports to.
_PRELUDE = """
set -eu
count=0
curl() {
  count=$((count + 1))
  command curl -sS --noproxy '*' -D "head.$count" -o "body.$count" "${extra[@]}" "$@"
  cat "body.$count"
}
kubectl() { printf %s "$ADDRESS"; }
"""


@dataclass(frozen=True)
class Called:
    """A call as the guide has it, and what came back: the status, the engine that answered, the body."""

    text: str
    status: int
    engine: str | None
    body: str


def blocks() -> list[str]:
    """Return the guide's commands that call a gateway, in order; none where it is not at hand."""
    if not GUIDE.exists() or shutil.which("curl") is None:
        return []
    usage = GUIDE.read_text(encoding="utf-8").partition("\n## Troubleshooting")[0]
    return [
        block
        for block in re.findall(r"^```bash\n(.*?)^```", usage, re.M | re.S)
        if "\ncurl " in f"\n{block}" or "\ntime curl " in block
    ]


def call(block: str, gateway: Gateway, folder: Path, *headers: str) -> list[Called]:
    """Run commands of the guide against a gateway, with headers more, and return what each call got."""
    place = f"{gateway.address}:{gateway.port}"
    commands = block.replace("localhost:54321", place).replace(
        "${GATEWAY_IP}:8000", "${GATEWAY_IP}:" + str(gateway.port)
    )
    extra = f"extra=({' '.join(f'-H {header!r}' for header in headers)})\n"
    words = ["bash", "-c", f"{extra}{_PRELUDE}{commands}"]
    subprocess.run(words, cwd=folder, env={"PATH": "/usr/bin:/bin", "ADDRESS": gateway.address}, check=True, timeout=60)
    texts = re.split(r"^(?:time )?curl ", block, flags=re.M)[1:]
    return [_read(text, folder, number) for number, text in enumerate(texts, start=1)]


def models(asked: bool) -> list[Obj]:
    """Return what `/v1/models` lists: both engines, with what they say of themselves if a server of ours asks them."""
    entry: Obj = {"id": MODEL, "object": "model", "created": 0}
    if asked:
        told = {"root": MODEL, "parent": None, "max_model_len": 32768}
        entry |= {"created": CREATED, **told, "available": True}
    return [{**entry, "owned_by": owner} for owner in OWNERS]


_ABSENT = pytest.mark.skip(reason="the guide is not beside this clone, or curl is not installed")
# A test for each of the guide's commands.
each_block = pytest.mark.parametrize(
    "block",
    blocks() or [pytest.param("", id="absent", marks=_ABSENT)],
    ids=lambda block: block.split("curl")[1].split()[-1][:60],
)


def check(block: str, gateway: Gateway, folder: Path, token: str | None = None, asked: bool = False) -> None:
    """Run commands of the guide as they stand there, and assert what each call answers.

    Operators authenticate with `token`; without a models server, their paths get 404. With `asked`, the models list
    contains what the engines answered.
    """
    called = call(block, gateway, folder, *([f"authorization: Bearer {token}"] if token and "/admin/" in block else []))
    assert called
    for one in called:
        if "/admin/" in one.text and not token:
            assert one.status == 404, one
            continue
        assert one.status == 200, one
        said = json.loads(one.body)
        if "/admin/" in one.text:
            services = {f"{MODEL}::{owner}": f"gaie-{owner}-qwen2-5-0-5b" for owner in OWNERS}
            assert (said["discovered"], said["services"]) == (2, services), one
        elif "/v1/models" in one.text:
            assert said == {"object": "list", "data": models(asked=asked or bool(token))}, one
        else:
            owner = re.search(r'owned[_-]by"?: "?(\w+)', one.text)
            assert one.engine == (owner[1] if owner else "vllm"), one
            assert said["choices"][0]["message"]["content"], one


def _read(text: str, folder: Path, number: int) -> Called:
    head = (folder / f"head.{number}").read_text()
    engine = re.search(r"^x-bench-engine: (\w+)", head, re.M)
    status = int(head.split()[1])
    return Called(text, status, engine and engine[1], (folder / f"body.{number}").read_text())
