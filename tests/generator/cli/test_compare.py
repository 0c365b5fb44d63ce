"""`compare` through real connections: known delays, Ctrl-C, a limit, and what a terminal shows."""

from __future__ import annotations

import json
import os
import pty
import random
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.generator.comparing.stand_in import Gateway, serving
from tests.golden import run

ROUNDS = 25


def delays(median: float) -> list[float]:
    """Return delays in an order by chance, with a known median."""
    spread = [median * (0.5 + number / (ROUNDS - 1)) for number in range(ROUNDS)]
    random.Random(median).shuffle(spread)
    return spread


def test_known_delays_are_within_their_intervals() -> None:
    known = {"vllm": 0.08, "sglang": 0.16}
    gateway = Gateway(tuple(known), {engine: delays(median) for engine, median in known.items()})
    with serving(gateway) as url:
        done = run("compare", url, "--requests", str(ROUNDS), "--warm-up", "0", "-o", "json")
    assert done.code == 0, done.stderr
    assert done.stderr == (
        f"compare: sends {ROUNDS} requests for m to each of vllm, sglang at {url}/v1; "
        "an answer has at most 100 tokens\n"
    )
    data = json.loads(done.stdout)
    measured = {each["engine"]: each for each in data["summaries"] if each["metric"] == "timeToFirstToken"}
    for engine, median in known.items():
        low, high = measured[engine]["interval"]
        assert low <= median <= high, measured
    first = next(each for each in data["differences"] if each["metric"] == "timeToFirstToken")
    assert (first["better"], first["interval"][0] < 2 < first["interval"][1]) == ("vllm", True), first


def test_engines_that_never_answer() -> None:
    with serving(Gateway(("fast", "refusing"))) as url:
        done = run("compare", f"{url}/v1/chat/completions", "--requests", "3", "--warm-up", "1")
    assert done.code == 1
    assert done.stderr.splitlines()[1:] == ["compare: refusing: no request was answered"]
    assert "refusing: 3 errors: 404: no such model" in done.stdout.splitlines()


def test_a_prompt_file_that_is_short(tmp_path: Path) -> None:
    path = tmp_path / "prompts.txt"
    path.write_text("One\nTwo\n")
    gateway = Gateway(("fast", "slow"))
    with serving(gateway) as url:
        done = run("compare", url, "--prompts", str(path), "--requests", "3", "--warm-up", "0")
    assert "has 2 prompts for 3 requests; engines may answer from a cache" in done.stderr
    prompts = [body["messages"][0]["content"] for body in gateway.bodies]
    assert prompts == ["One", "One", "Two", "Two", "One", "One"]


@pytest.mark.parametrize("output", ["table", "json", "csv", "html"])
def test_a_limit_gives_what_was_measured(output: str) -> None:
    with serving(Gateway(("slow", "fast"))) as url:
        done = run("compare", url, "--time-limit", "0.6s", "--warm-up", "0", "-o", output)
    assert done.code == 0
    assert "compare: the time limit of 0.6s was reached, with " in done.stderr
    assert "slow" in done.stdout


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("--time-limit", "soon"), "--time-limit soon: invalid duration"),
        (("--time-limit", "0"), "--time-limit 0: invalid duration"),
        (("-H", "secret"), "--header: invalid header"),
        (("--requests", "0"), "--requests: invalid value"),
        (("--prompts", "absent.txt"), "absent.txt"),
    ],
)
def test_invalid_options(words: tuple[str, ...], error: str) -> None:
    done = run("compare", "http://127.0.0.1:9", *words)
    assert (done.code, done.stdout) == (2, "")
    assert error in done.stderr and "secret" not in done.stderr


def test_missing_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["llmd_routes.cli.compare"], "_PACKAGES", ("absent_a", "httpx2", "absent_b"))
    done = run("compare", "http://gw")
    assert done.code == 2
    assert "needs absent_a, absent_b" in done.stderr
    assert "run pip install '.[compare]' in a clone" in done.stderr


def test_an_interrupt_prints_the_result_so_far() -> None:
    """The terminal shows a bar, which ends before the words that follow."""
    main, terminal = pty.openpty()
    with serving(Gateway(("slow", "fast"))) as url:
        command = [sys.executable, "-m", "llmd_routes", "compare", url, "--warm-up", "0", "-o", "json"]
        process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=terminal, env=os.environ | {"TERM": "xterm", "COLUMNS": "200"}
        )
        os.close(terminal)
        shown = b""
        while b"3%" not in shown:
            shown += os.read(main, 1000)
        process.send_signal(signal.SIGINT)
        assert process.stdout is not None
        with process.stdout as stdout:
            data = json.loads(stdout.read())
        assert process.wait(30) == 130
    shown += os.read(main, 10_000)
    os.close(main)
    assert b"comparing" in shown and b"compare: interrupted, with " in shown
    assert data["complete"] is False
    assert data["summaries"]
