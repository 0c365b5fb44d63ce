"""The sidecar that joins prefill and decode."""

from __future__ import annotations

from typing import Any

import pytest

from tests.generator.objects import container, sidecar
from tests.generator.pods.building import serve


@pytest.mark.parametrize(
    ("mode", "init", "role", "codes"),
    [
        ("decode", [], "decode", ["roles-unjoined"]),
        ("decode", [sidecar("--secure-proxy=false")], "decode", []),
        ("prefill", [], "prefill", []),
        ("null", [], None, []),
    ],
)
def test_halves_of_requests_need_a_sidecar(mode: str, init: Any, role: str | None, codes: list[str]) -> None:
    one = container("x", "y", ["sglang", "serve"], ["--model-path", "m", "--disaggregation-mode", mode])
    found = serve(one, init=init)
    assert (found.role, [code for code, *_ in found.remarks]) == (role, codes)
    assert found.barred is bool(codes)
