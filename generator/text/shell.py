"""Find the commands that a container runs, through shells, wrappers, assignments and `eval`. Pure, never raises.

In: a container's `command + args`, and the variables that are known. Out: simple commands as lists of words, in the
order of the script; which of them runs is for the caller to tell. Nothing is executed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from .shell_expansions import MOST_IN_VALUE, Budget, Variables, expand, kubelet_expand
from .shell_words import Word, words

_SHELLS = frozenset(("sh", "bash", "ash", "dash", "zsh", "ksh", "busybox"))
# Programs that execute their remaining arguments, and those of their options that take a value.
_WRAPPERS: Mapping[str, frozenset[str]] = {
    "exec": frozenset(("-a",)),
    "command": frozenset(),
    "nohup": frozenset(),
    "time": frozenset(),
    "env": frozenset(("-u", "-C")),
    "tini": frozenset(("-p", "-e")),
    "dumb-init": frozenset(("-r",)),
    "nice": frozenset(("-n",)),
    "ionice": frozenset(("-c", "-n")),
    "stdbuf": frozenset(("-o", "-i", "-e")),
    "numactl": frozenset(("-N", "-m", "-C", "-p")),
    "sudo": frozenset(("-u", "-g")),
    "setsid": frozenset(),
    "timeout": frozenset(("-k", "-s")),
    "!": frozenset(),
    "then": frozenset(),
    "else": frozenset(),
    "elif": frozenset(),
    "if": frozenset(),
    "do": frozenset(),
    "while": frozenset(),
    "until": frozenset(),
    "{": frozenset(),
}
_DECLARE = frozenset(("export", "declare", "local", "readonly", "typeset"))
_ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(\+?)=(.*)", re.DOTALL)
_UNRESOLVED = re.compile(r"\$[A-Za-z_{(@*0-9]|`|\{\{")
_DEPTH = 5
_MOST_COMMANDS = 2_000


def unresolved(word: str) -> bool:
    """Return whether a word still contains a variable, a command substitution or a Go template."""
    return bool(_UNRESOLVED.search(word))


def runs_shell(argv: Sequence[str]) -> bool:
    """Return whether a word of a container's argv is a shell, which expands `${NAME}` itself."""
    return any(word.rpartition("/")[2] in _SHELLS for word in argv)


def commands(argv: Sequence[str], env: Mapping[str, str]) -> list[list[str]]:
    """Return the simple commands of a container's argv, with known `$(VAR)` and shell variables expanded.

    A shell with `-c` returns the commands of its script, with preceding assignments applied; everything else is one
    command. Unknown expansions keep their text (see `unresolved`).
    """
    budget = Budget()
    expanded = [kubelet_expand(word, env, budget) for word in argv]
    return [found for found in _run(expanded, dict(env), budget, _DEPTH) if found]


def _run(argv: Sequence[str], env: dict[str, str], budget: Budget, depth: int) -> list[list[str]]:
    inner = _unwrapped(list(argv), env)
    if not inner:
        return []
    script = _script(inner)
    if script is None or depth == 0:
        return [inner]
    text, arguments = script
    return _script_commands(text, Variables(values=env, arguments=arguments, budget=budget), depth - 1)


def _unwrapped(argv: list[str], env: dict[str, str]) -> list[str]:
    """Remove wrappers and assignments before a command; assignments go into `env`."""
    while argv:
        name = argv[0].rpartition("/")[2]
        assignment = _ASSIGNMENT.fullmatch(argv[0])
        if assignment and not argv[0].startswith("-"):
            _assign(env, assignment)
            argv = argv[1:]
        elif name in _WRAPPERS:
            argv = _after_options(argv[1:], _WRAPPERS[name])
            argv = argv[1:] if name == "timeout" and argv else argv
        else:
            return argv
    return argv


def _after_options(argv: list[str], valued: frozenset[str]) -> list[str]:
    while argv and argv[0].startswith("-"):
        if argv[0] == "--":
            return argv[1:]
        argv = argv[2:] if argv[0] in valued else argv[1:]
    return argv


def _script(argv: Sequence[str]) -> tuple[str, list[str]] | None:
    """Return the script of a `sh -c` command and its arguments `$1...`, None for other commands."""
    if argv[0].rpartition("/")[2] not in _SHELLS:
        return None
    index, runs = 1, False
    while index < len(argv) and argv[index][:1] in ("-", "+"):
        word = argv[index]
        index += 1
        if word == "--":
            break
        if not word.startswith("--"):
            runs = runs or "c" in word
            index += 1 if word.endswith("o") else 0
    if not runs or index >= len(argv):
        return None
    if argv[index] == "--" and index + 1 < len(argv):
        index += 1
    return argv[index], list(argv[index + 2 :])


def _script_commands(text: str, variables: Variables, depth: int) -> list[list[str]]:
    found: list[list[str]] = []
    current: list[Word] = []
    for word in [*words(text), Word("\n", separator=True)]:
        if not word.separator:
            current.append(word)
        elif current:
            found += _simple(current, variables, depth)
            current = []
        if len(found) > _MOST_COMMANDS:
            break
    return found


def _simple(raw: Sequence[Word], variables: Variables, depth: int) -> list[list[str]]:
    """Return the commands of one simple command: itself, or those of the text that it evaluates."""
    rest = list(raw)
    while rest and (assignment := _ASSIGNMENT.fullmatch(rest[0].text)):
        _assign_raw(variables, assignment)
        rest = rest[1:]
    if rest and rest[0].text in _DECLARE:
        for word in rest[1:]:
            declared = _ASSIGNMENT.fullmatch(word.text)
            if declared:
                _assign_raw(variables, declared)
        return []
    argv = [part for word in rest for part in expand(word.text, variables)]
    inner = _unwrapped(argv, variables.values)
    if inner and inner[0] == "eval" and depth > 0:
        return _script_commands(" ".join(inner[1:]), variables, depth - 1)
    if inner and inner[0].rpartition("/")[2] in _SHELLS:
        return _run(inner, dict(variables.values), variables.budget, depth)
    return [inner] if inner else []


def _assign(env: dict[str, str], assignment: re.Match[str]) -> None:
    env[assignment[1]] = assignment[3]


def _assign_raw(variables: Variables, assignment: re.Match[str]) -> None:
    """Record an assignment of a script; an unknown value makes the name unknown again."""
    name, more, value = assignment.groups()
    if value.startswith("("):
        inner = [
            part
            for word in words(value[1:].removesuffix(")"))
            if not word.separator
            for part in expand(word.text, variables)
        ]
        array = (variables.arrays.get(name, []) if more else []) + inner
        if sum(map(len, array)) + len(array) <= MOST_IN_VALUE:
            variables.arrays[name] = array
        else:
            variables.arrays.pop(name, None)
        return
    joined = " ".join(expand(f'"{value}"' if value[:1] not in ("'", '"') else value, variables))
    value = (variables.values.get(name, "") if more else "") + joined
    if unresolved(joined) or len(value) > MOST_IN_VALUE:
        variables.values.pop(name, None)
    else:
        variables.values[name] = value
