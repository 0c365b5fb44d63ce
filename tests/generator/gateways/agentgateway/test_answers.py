"""The answers to requests that no engine serves."""

from __future__ import annotations

import json

import pytest

from .cel import evaluate
from .planned import planned, policies


def answer(rule: str, method: str = "GET", path: str = "/v1/models") -> tuple[int, str]:
    """Return the status and the body of the first response whose condition a request meets."""
    for status, body, condition in policies(planned())[f"ns.gw.{rule}"].values["answers"]:
        if not condition or evaluate(condition, {"method": method, "path": path}):
            return status, body
    raise AssertionError("no answer")


def test_the_models_list() -> None:
    status, body = answer("models")
    assert status == 200
    assert [(entry["id"], entry["owned_by"]) for entry in json.loads(body)["data"]] == [("m", "sglang"), ("m", "vllm")]


@pytest.mark.parametrize(
    ("rule", "method", "path", "status", "code"),
    [
        ("models", "POST", "/v1/models", 405, "method_not_allowed"),
        ("models", "GET", "/v1/models/m", 404, "model_not_found"),
        ("unserved", "POST", "/v1/x", 404, "model_not_found"),
        ("no-model", "POST", "/v1/x", 400, "missing_required_parameter"),
    ],
)
def test_errors(rule: str, method: str, path: str, status: int, code: str) -> None:
    found, body = answer(rule, method, path)
    assert (found, json.loads(body)["error"]["code"]) == (status, code)
    assert len(body) <= 4096
