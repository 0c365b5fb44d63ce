"""The log: one JSON object on each line, and every problem once."""

from __future__ import annotations

import json
from io import StringIO

from llmd_routes.controller.log import Log
from llmd_routes.notices import Notice
from llmd_routes.problems import Problem

AWAY = Problem("pods", "cannot be read", "grant list on it")


def lines(stream: StringIO) -> list[dict[str, str]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_has_time_level_message_and_the_fields_with_values() -> None:
    stream = StringIO()
    Log(stream).write("info", "applied\n", object="Service llm/s", code="")
    (line,) = lines(stream)
    assert line.pop("time").endswith("Z")
    assert line == {"level": "info", "message": "applied\n", "object": "Service llm/s"}


def test_problems_are_written_when_they_appear_and_when_they_are_gone() -> None:
    stream = StringIO()
    log = Log(stream)
    notice = Notice("weak-selector", "ModelService llm/a", "selects too much", "add a label")
    log.compare([AWAY], [notice])
    log.compare([AWAY], [notice])
    log.compare([])
    assert [(line["level"], line["message"]) for line in lines(stream)[:2]] == [
        ("warning", "selects too much"),
        ("error", "cannot be read"),
    ]
    gone = {line["message"] for line in lines(stream)[2:]}
    assert gone == {"no longer: cannot be read", "no longer: selects too much"}
    assert lines(stream)[1]["fix"] == "grant list on it"


def test_a_quiet_log_has_errors_only() -> None:
    stream = StringIO()
    log = Log(stream, "error")
    log.write("info", "applied")
    log.compare([AWAY])
    assert [line["level"] for line in lines(stream)] == ["error"]
