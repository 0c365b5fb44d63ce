"""Words and commands of shell scripts, the same as a real shell gives where one is there."""

from __future__ import annotations

import shlex
import shutil
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmd_routes.text.shell import commands, unresolved
from llmd_routes.text.shell_expansions import Variables, expand, kubelet_expand
from llmd_routes.text.shell_words import words

BASH = shutil.which("bash")
VALUES = {"X": "1 2", "E": "", "Q": "it's", "L": " p "}
needs_bash = pytest.mark.skipif(BASH is None, reason="no bash on this machine")


def ours(script: str) -> list[list[str]]:
    return commands(["sh", "-c", script], VALUES)


def real(script: str) -> list[list[str]]:
    """Return the words that bash gives to the program `say` of a script, call by call."""
    assert BASH
    say = "say() { printf 'say\\0'; [ $# = 0 ] || printf '%s\\0' \"$@\"; printf '\\n\\0'; }\n"
    done = subprocess.run([BASH, "-c", say + script], env=VALUES, capture_output=True, check=True)
    calls: list[list[str]] = [[]]
    for word in done.stdout.decode().split("\0")[:-1]:
        if word == "\n":
            calls.append([])
        else:
            calls[-1].append(word)
    return calls[:-1]


SCRIPTS = [
    ("say a b", [["say", "a", "b"]]),
    ("say 'a b' \"c d\" e\\ f", [["say", "a b", "c d", "e f"]]),
    ("say $X \"$X\" '$X'", [["say", "1", "2", "1 2", "$X"]]),
    ('say $E a "$E"', [["say", "a", ""]]),
    ('say ${X}3 "${X}3"', [["say", "1", "23", "1 23"]]),
    ('say ${N:-d e} "${N:-d e}" ${E:-f} ${E-g}h', [["say", "d", "e", "d e", "f", "h"]]),
    ("say ${X:+set} ${N:+unset} end", [["say", "set", "end"]]),
    ('say ${N:-"v w"} "${N:-"x y"}" "${N:-\'z\'}"', [["say", "v w", "x y", "'z'"]]),
    ('say ${N:-${X}} "${N:-${M:-a b}}" ${N:-"$X"c}', [["say", "1", "2", "a b", "1 2c"]]),
    ("say ${N:=v}", [["say", "v"]]),
    ("say a \\\n  b", [["say", "a", "b"]]),
    ("say a # b\nsay 'c # d' e#f", [["say", "a"], ["say", "c # d", "e#f"]]),
    ("say a; say b && say c\nsay d", [["say", "a"], ["say", "b"], ["say", "c"], ["say", "d"]]),
    ("A=1 B='2 3'; say $A \"$B\"", [["say", "1", "2 3"]]),
    ('export A=1; A=$A$X; say "$A"', [["say", "11 2"]]),
    ('A=(--port 80 "c d"); A+=(e); say "${A[@]}"', [["say", "--port", "80", "c d", "e"]]),
    ("cat > /dev/null <<EOF\nsay no\nEOF\nsay yes", [["say", "yes"]]),
    ("cat > /dev/null <<-'EOF'\n\tsay no\n\tEOF\nsay yes", [["say", "yes"]]),
    ("cat <<< 'say no' > /dev/null; say yes", [["say", "yes"]]),
    ("say a > /dev/null 2>&1; say b 2>/dev/null c", [["say", "b", "c"]]),
    ("if true; then say a; fi", [["say", "a"]]),
    ("eval \"say 'a b' c\"", [["say", "a b", "c"]]),
    ("eval say '\"$X\"'", [["say", "1 2"]]),
    ('say "a \\"b\\" \\$X \\\\ \\c"', [["say", 'a "b" $X \\ \\c']]),
    ('say \'{"a": "b c"}\'', [["say", '{"a": "b c"}']]),
    ('say "{\\"a\\": [1, 2]}"', [["say", '{"a": [1, 2]}']]),
    ("(say a)", [["say", "a"]]),
    ("set -euo pipefail\nsay a", [["say", "a"]]),
]
# Redirected away in a real shell; what a program is given is the same.
SILENT = {"say a > /dev/null 2>&1; say b 2>/dev/null c": [["say", "a"], ["say", "b", "c"]]}


@pytest.mark.parametrize(("script", "expected"), SCRIPTS, ids=[row[0][:40] for row in SCRIPTS])
def test_scripts(script: str, expected: list[list[str]]) -> None:
    assert [found for found in ours(script) if found[0] == "say"] == SILENT.get(script, expected)


@needs_bash
@pytest.mark.parametrize(("script", "expected"), SCRIPTS, ids=[row[0][:40] for row in SCRIPTS])
def test_a_real_shell_agrees(script: str, expected: list[list[str]]) -> None:
    assert real(script) == expected


UNITS = [
    *("a", "'b c'", '"d $X"', "\\ ", "${N:-e f}", '"${N:-g h}"', "${N:-'i  j'k}", "${N:- l }"),
    *("${E}", "${X}", '"$E"', "''", '"\\$X"', "\\$X", "${Q}", '"$Q"', "${L}", '"$L"', " "),
]


@needs_bash
@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(UNITS), max_size=8))
def test_any_mixture_of_quotes_and_variables(units: list[str]) -> None:
    script = f"say {''.join(units)}"
    assert [found for found in ours(script) if found[0] == "say"] == real(script)


@given(st.lists(st.text(min_size=1).filter(lambda text: "\0" not in text and "\r" not in text)))
def test_quoted_words_come_back(texts: list[str]) -> None:
    raw = words(" ".join(shlex.quote(text) for text in texts))
    assert [part for word in raw for part in expand(word.text, Variables())] == texts


@given(st.text(alphabet=st.sampled_from("a1 \t\n\\'\"`$(){}[]<>|&;#=:-@*!")))
def test_nothing_is_raised_for_any_text(text: str) -> None:
    commands(["bash", "-c", text], VALUES)
    expand(text, Variables(VALUES, {"A": ["x"]}, ["y"]))


HIDDEN = ["$(hostname)", "$((1+1))", "`date`", "$N", '"a $N"', "${N}", "${N%.*}", "{{ .Name }}", "${A[@]}"]


@pytest.mark.parametrize("word", HIDDEN)
def test_what_only_a_running_shell_knows_stays_hidden(word: str) -> None:
    assert any(unresolved(found) for found in expand(word, Variables(VALUES)))


WRAPPED = [
    (["bash", "-c", "--", "say a"], [["say", "a"]]),
    (["/bin/bash", "-lc", "exec say a"], [["say", "a"]]),
    (["sh", "-ec", 'say "$@" $1', "sh", "x", "y z"], [["say", "x", "y z", "x"]]),
    (["bash", "-o", "pipefail", "-c", "say a"], [["say", "a"]]),
    (["bash", "-c", "--", "say ${@}", "--", "x"], [["say", "x"]]),
    (["env", "-u", "Z", "A=1", "say", "a"], [["say", "a"]]),
    (["timeout", "-k", "5", "60", "say", "a"], [["say", "a"]]),
    (["tini", "-g", "--", "say", "a"], [["say", "a"]]),
    (["numactl", "-N", "0", "say", "a"], [["say", "a"]]),
    (["say", "$(X)", "$$(X)", "$(N)", "$X"], [["say", "1 2", "$(X)", "$(N)", "$X"]]),
    (["bash", "script.sh"], [["bash", "script.sh"]]),
    (["bash", "-c"], [["bash", "-c"]]),
    ([], []),
]


@pytest.mark.parametrize(("argv", "expected"), WRAPPED)
def test_shells_and_wrappers(argv: list[str], expected: list[list[str]]) -> None:
    assert commands(argv, VALUES) == expected


def test_the_kubelet_expands_before_the_shell() -> None:
    assert kubelet_expand("$(A)-$(B)-$$(A)-$A", {"A": "1"}) == "1-$(B)-$(A)-$A"
