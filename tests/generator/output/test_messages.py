"""How errors and notices are laid out: by severity, then by cause, each fact and each fix once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from llmd_routes.notices import NOTICES, Notice
from llmd_routes.output.messages import Message, Style, lay_out, message_of
from llmd_routes.problems import Problem

PLAIN = Style()
SAME = "their pods carry the same labels"


def error(target: str, fact: str, fix: str, code: str = "", peers: tuple[str, ...] = (), joint: str = "") -> Message:
    return Message("error", Problem(target, fact, fix, code, peers, joint))


def separation(target: str, *peers: str) -> Message:
    return error(target, f"its pods carry the labels of {', '.join(peers)}", "label", "cross-selection", peers, SAME)


def test_a_problem_without_a_code_is_its_own_headline() -> None:
    assert lay_out([error("--buffer-limit 12q", "invalid size", "use 512Ki or 2Mi")], PLAIN) == [
        "error: --buffer-limit 12q: invalid size",
        "  fix: use 512Ki or 2Mi",
    ]


def test_a_problem_without_a_fix_has_no_line_for_it() -> None:
    assert lay_out([error("stdout", "cannot be written", "")], PLAIN) == ["error: stdout: cannot be written"]


def test_objects_of_one_cause_are_printed_together_and_their_fix_once() -> None:
    tls = [error(f"ModelService {name}", "serve TLS on 8000", "let the gateway use TLS", "tls") for name in "ab"]
    assert lay_out(tls, PLAIN) == [
        "error: the pods serve TLS [tls]",
        "  ModelService a, b: serve TLS on 8000",
        "  fix: let the gateway use TLS",
    ]


def test_facts_that_differ_share_the_headline_and_a_fix_that_is_the_same() -> None:
    tls = [error(f"ModelService {port}", f"serves TLS on {port}", "use TLS", "tls") for port in (8000, 8001)]
    assert lay_out(tls, PLAIN)[1:] == [
        "  ModelService 8000: serves TLS on 8000",
        "  ModelService 8001: serves TLS on 8001",
        "  fix: use TLS",
    ]


def test_fixes_that_differ_follow_their_facts() -> None:
    ports = [error(f"ModelService {port}", "conflict", f"set --port {port}", "port-conflict") for port in (8000, 8001)]
    assert lay_out(ports, PLAIN)[1:] == [
        "  ModelService 8000: conflict",
        "  fix: set --port 8000",
        "  ModelService 8001: conflict",
        "  fix: set --port 8001",
    ]


def test_a_symmetric_finding_is_printed_once() -> None:
    assert lay_out(
        [separation("ModelService a", "ModelService b"), separation("ModelService b", "ModelService a")], PLAIN
    ) == [
        "error: 2 ModelServices cannot be told apart [cross-selection]",
        f"  ModelService a, b: {SAME}",
        "  fix: label",
    ]


def test_two_circles_of_peers_stay_apart() -> None:
    pairs = [("a", "b"), ("b", "a"), ("c", "d"), ("d", "c")]
    lines = lay_out([separation(f"ModelService {one}", f"ModelService {other}") for one, other in pairs], PLAIN)
    assert lines[1:] == [
        f"  ModelService a, b: {SAME}",
        f"  ModelService c, d: {SAME}",
        "  fix: label",
    ]


def test_a_finding_about_one_side_only_is_not_joint() -> None:
    lines = lay_out([separation("ModelService a", "ModelService b")], PLAIN)
    assert lines == [
        "error: ModelService a cannot be told apart [cross-selection]",
        "  ModelService a: its pods carry the labels of ModelService b",
        "  fix: label",
    ]


def test_a_line_names_ten_objects() -> None:
    notices = [Notice("tls", f"ModelService {number:02}", "serves TLS", "use TLS") for number in range(12)]
    assert lay_out(map(message_of, notices), PLAIN)[1].endswith("08, 09 and 2 more: serves TLS")


def test_everything_that_may_not_be_listed_is_named() -> None:
    notices = [Notice("not-listed", f"kind{n:02}", "may not be listed", "allow it") for n in range(12)]
    named = lay_out(map(message_of, notices), PLAIN)[1]
    assert named == f"  {', '.join(f'kind{n:02}' for n in range(12))}: may not be listed"


def test_errors_come_first_and_the_order_is_kept_otherwise() -> None:
    notices = [Notice("simulator", "a", "x", "y"), Notice("tls", "b", "x", "y")]
    blocking = (Problem("c", "x", "y"),)
    messages = [*map(message_of, notices), *(Message("error", problem) for problem in blocking)]
    heads = [line.partition(":")[0] for line in lay_out(messages, PLAIN) if not line.startswith(" ")]
    assert heads == ["error", "warning", "info"]


def test_a_notice_that_blocks_is_an_error() -> None:
    notice = Notice("tls", "ModelService a", "serves TLS", "use TLS")
    assert message_of(notice).severity == "warning"
    assert message_of(notice, {notice.problem}).severity == "error"


def test_text_wraps_at_the_width_and_commands_do_not() -> None:
    long = " ".join(["word"] * 40)
    command = f"kubectl {long}"
    lines = lay_out([error("a", long, command), error("b", "x", long)], Style(width=60))
    assert f"  fix: {command}" in lines
    assert all(len(line) <= 60 for line in lines if command not in line)
    assert "    word word" in "\n".join(lines)


def test_colour_is_in_the_words_only() -> None:
    coloured = lay_out([error("a", "x", "y")], Style(colour=True))
    assert coloured == ["\x1b[1;31merror\x1b[0m: a: x", "  \x1b[1;32mfix\x1b[0m: y"]


def test_colour_does_not_change_where_lines_end() -> None:
    message = error("a", " ".join(["word"] * 40), "do it")
    plain = lay_out([message], Style(width=60))
    assert [
        line.replace("\x1b[1;31m", "").replace("\x1b[1;32m", "").replace("\x1b[0m", "")
        for line in lay_out([message], Style(60, colour=True))
    ] == plain


def test_control_characters_are_printed_as_escapes() -> None:
    assert lay_out([error("a\x1b[2J", "b\nc", "d\te")], PLAIN) == ["error: a\\x1b[2J: b\\nc", "  fix: d\\te"]


PROBLEMS = st.builds(
    Problem,
    st.sampled_from(["ModelService a", "ModelService b", "Gateway c", ""]),
    st.sampled_from(["one fact", "another fact"]),
    st.sampled_from(["do this", "do that", ""]),
    st.sampled_from(["", *(row.code for row in NOTICES[:3])]),
)


@given(st.lists(PROBLEMS, max_size=8))
def test_nothing_is_lost(problems: list[Problem]) -> None:
    text = "\n".join(lay_out([Message("error", problem) for problem in problems], PLAIN))
    for problem in problems:
        assert problem.fact in text
        assert problem.fix in text
        assert problem.object.rpartition(" ")[2] in text
