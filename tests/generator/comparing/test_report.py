"""What users and programs read of a comparison."""

from __future__ import annotations

import csv
import io
import json

from llmd_routes.comparing.comparison import Comparison
from llmd_routes.comparing.report import as_text

from .examples import BOTH, PLAN


def test_a_table_with_the_differences_and_errors() -> None:
    assert as_text(BOTH, "table").splitlines() == [
        "ENGINE  METRIC               MEDIAN  95% INTERVAL  UNIT  REPLIES",
        "sglang  time to first token  250     250 to 250    ms    20",
        "sglang  time between tokens  250     250 to 250    ms    20",
        "sglang  tokens per second    4       4 to 4        1/s   20",
        "vllm    time to first token  125     125 to 125    ms    20",
        "vllm    time between tokens  125     125 to 125    ms    20",
        "vllm    tokens per second    8       8 to 8        1/s   20",
        "",
        "time to first token: vllm is better; sglang/vllm is 2 (2 to 2), p < 0.001",
        "time between tokens: vllm is better; sglang/vllm is 2 (2 to 2), p < 0.001",
        "tokens per second: vllm is better; sglang/vllm is 0.5 (0.5 to 0.5), p < 0.001",
        "",
        r"vllm: 1 error: 404: no\x1b[2J such model",
    ]


def test_json() -> None:
    data = json.loads(as_text(BOTH, "json"))
    assert (data["model"], data["engines"], data["complete"]) == ("org/m", ["sglang", "vllm"], True)
    assert (data["requests"], data["concurrency"], data["warmUp"], data["maxTokens"]) == (100, 1, 5, 100)
    assert (data["summaries"][0]["metric"], data["summaries"][0]["median"]) == ("timeToFirstToken", 0.25)
    assert data["differences"][0]["better"] == "vllm"
    assert data["errors"] == {"sglang": {}, "vllm": {"404: no\x1b[2J such model": 1}}


def test_csv_has_each_reply() -> None:
    rows = list(csv.DictReader(io.StringIO(as_text(BOTH, "csv"))))
    assert len(rows) == 41
    assert rows[0] == {
        "engine": "vllm",
        "round": "0",
        "timeToFirstToken": "0.125",
        "timeBetweenTokens": "0.125",
        "tokensPerSecond": "8.0",
        "tokens": "",
        "error": "",
    }


def test_nothing_was_measured() -> None:
    assert as_text(Comparison(PLAN, ()), "table").startswith("ENGINE")
    assert json.loads(as_text(Comparison(PLAN, (), is_complete=False), "json"))["complete"] is False
