"""Read the options of an engine's or a sidecar's command line, without running its parser. Pure, never raises.

Engines use argparse (vLLM, SGLang), click (TensorRT-LLM), clap (TGI) or their own loops (llama.cpp), sidecars and EPPs
Go's flags. Which options take no value or several must be known, or a positional among flags is misread: that is the
`Grammar`, one row of data each.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from llmd_routes.kube.containers import env_of
from llmd_routes.kube.objects import texts
from llmd_routes.text.shell import commands, unresolved

from .engines.engine import GO, Grammar

_NUMBER = re.compile(r"-\d+(\.\d+)?([eE][-+]?\d+)?")
_SHORT_WITH_VALUE = re.compile(r"-[A-Za-z]\d+")
_NO = ("false", "0", "f", "no", "off")


@dataclass(frozen=True, slots=True)
class Arguments:
    """Parsed arguments: positional words, and the values of each occurrence of every option."""

    positionals: tuple[str, ...] = ()
    options: Mapping[str, tuple[tuple[str, ...], ...]] = field(default_factory=dict)

    def last(self, *names: str) -> str | None:
        """Return the value of the last occurrence of the first of `names` that has one; a later duplicate wins."""
        for name in names:
            values = [occurrence[-1] for occurrence in self.options.get(name, ()) if occurrence]
            if values:
                return values[-1]
        return None

    def hidden(self, *names: str) -> str | None:
        """Return the first of `names` whose last value contains an unresolved variable."""
        for name in names:
            value = self.last(name)
            if value is not None and unresolved(value):
                return f"--{name} = {value}"
        return None

    def all(self, *names: str) -> list[str]:
        """Return all values of all occurrences, in order."""
        return [value for name in names for occurrence in self.options.get(name, ()) for value in occurrence]

    def has(self, *names: str) -> bool:
        """Return whether one of the options is set and not disabled (`--flag=false`, `--no-flag`)."""
        return any(self._on(name) for name in names)

    def _on(self, name: str) -> bool:
        occurrences = self.options.get(name, ())
        off = bool(occurrences) and bool(occurrences[-1]) and occurrences[-1][0].lower() in _NO
        return bool(occurrences) and not off and f"no-{name}" not in self.options


def parse(words: Sequence[str], grammar: Grammar) -> Arguments:
    """Split the words after a program into positionals and options.

    `--flag=value`, `--flag value` and `--flag_name` are equivalent; `--` ends options; negative numbers are values. An
    option with several values consumes all words up to the next option, as in argparse.
    """
    positionals: list[str] = []
    options: dict[str, list[tuple[str, ...]]] = {}
    index, ended = 0, False
    while index < len(words):
        word = words[index]
        index += 1
        if word == "--" and not ended:
            ended = True
        elif ended or not _is_option(word):
            positionals += [word] if word else []
        else:
            name, values, index = _option(words, index, grammar)
            options.setdefault(name, []).append(values)
    return Arguments(tuple(positionals), {name: tuple(found) for name, found in options.items()})


def _is_option(word: str) -> bool:
    return len(word) > 1 and word.startswith("-") and not _NUMBER.fullmatch(word)


def _option(words: Sequence[str], index: int, grammar: Grammar) -> tuple[str, tuple[str, ...], int]:
    """Read the option before `index`; return its name, its values, and the next index."""
    name, equals, value = words[index - 1].lstrip("-").partition("=")
    name = name.replace("_", "-")
    if equals:
        return name, (value,), index
    if _takes_none(name, grammar) or (
        not words[index - 1].startswith("--") and _SHORT_WITH_VALUE.fullmatch(words[index - 1])
    ):
        return name, (), index
    end = index
    limit = len(words) if name in grammar.several else min(index + 1, len(words))
    while end < limit and not _is_option(words[end]):
        end += 1
    return name, tuple(words[index:end]), end


def _takes_none(name: str, grammar: Grammar) -> bool:
    if name in grammar.valued or name in grammar.several:
        return False
    return name in grammar.flags or name.startswith(grammar.flag_prefixes or ("\0",))


def lora_names(values: Iterable[str]) -> list[str]:
    """Return the adapter names in `n=path`, `{"name": ...}`, `{"lora_name": ...}`, lists of those, and bare paths.

    Order is kept; duplicates and unreadable values are skipped.
    """
    return list(dict.fromkeys(name for value in values for name in _names(value) if name and not unresolved(name)))


def _names(value: str) -> Iterator[str]:
    if not value.lstrip().startswith(("{", "[")):
        yield value.partition("=")[0]
        return
    try:
        parsed = json.loads(value)
    except (ValueError, RecursionError):
        return
    for entry in parsed if isinstance(parsed, list) else [parsed]:
        name = entry.get("name") or entry.get("lora_name") if isinstance(entry, dict) else None
        if isinstance(name, str):
            yield name


def arguments_of(container: Mapping[str, Any]) -> Arguments:
    """Return a Go program's options, from `command` and `args` together."""
    words = [w for argv in _argvs(container) for w in argv]
    return parse(words, GO)


def _argvs(container: Mapping[str, Any]) -> list[list[str]]:
    return commands(texts(container, "command") + texts(container, "args"), env_of(container))
