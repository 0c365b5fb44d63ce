"""The model and the engines are those of the models list."""

from __future__ import annotations

import pytest

from llmd_routes.comparing.candidates import Entry, choose, read_entries
from llmd_routes.errors import InputError

ENTRIES = [
    Entry("m", "vllm"),
    Entry("m", "sglang"),
    Entry("m", "tgi", is_available=False),
    Entry("n", "vllm"),
]


def test_a_list() -> None:
    body = {
        "data": [
            {"id": "m", "owned_by": "vllm", "available": True},
            {"id": "m", "owned_by": "sglang", "available": False},
            {"id": "lora", "owned_by": "vllm", "routed": False},
            {"id": 7, "owned_by": "vllm"},
            "text",
        ]
    }
    assert read_entries(body) == [Entry("m", "vllm"), Entry("m", "sglang", False), Entry("lora", "vllm", False)]


@pytest.mark.parametrize("body", [None, [], {}, {"data": "m"}])
def test_not_a_list(body: object) -> None:
    assert read_entries(body) is None


@pytest.mark.parametrize(
    ("model", "engines", "chosen"),
    [
        (None, [], ("m", ("vllm", "sglang"))),
        ("m", [], ("m", ("vllm", "sglang"))),
        (None, ["sglang", "vllm", "sglang"], ("m", ("sglang", "vllm"))),
    ],
)
def test_a_choice(model: str | None, engines: list[str], chosen: tuple[str, tuple[str, ...]]) -> None:
    assert choose(ENTRIES, model, engines) == chosen


@pytest.mark.parametrize(
    ("entries", "model", "engines", "error"),
    [
        (ENTRIES, "x", [], "--model x: no available engine in the models list serves it; the list has m, n"),
        (ENTRIES, None, ["tgi", "vllm"], "--engine tgi: not an available engine of m; use one of vllm, sglang"),
        (ENTRIES, "n", [], "n: the only engine is vllm, and a comparison needs two; pass another --model"),
        (ENTRIES[3:], None, [], "the models list has no model with several available engines; deploy "),
        ([*ENTRIES, Entry("n", "tgi")], None, [], "several models have several engines; pass --model with one of m, n"),
        ([], "m", [], "the list has no models"),
    ],
)
def test_no_choice(entries: list[Entry], model: str | None, engines: list[str], error: str) -> None:
    with pytest.raises(InputError) as raised:
        choose(entries, model, engines)
    assert error in str(raised.value)
