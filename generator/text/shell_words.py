"""Split shell scripts into raw words as a POSIX shell would, without running anything. Pure, never raises.

Spec: Shell Command Language, https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_HEREDOC = re.compile(r"<<(-?)[ \t]*(?:'([^'\n]*)'|\"([^\"\n]*)\"|\\?([^\s;&|<>()'\"]+))")
_REDIRECT = re.compile(r"\d*(?:&>>|&>|>>|>\||>&|<&|<>|>|<)[ \t]*")
_SEPARATORS = "\n;&|()"
_MOST_TEXT = 200_000


@dataclass(frozen=True, slots=True)
class Word:
    """A word with its quotes; `separator` words end a command."""

    text: str
    separator: bool = False


def words(script: str) -> list[Word]:
    """Return the raw words of a script with the separators between commands, without comments and here-documents."""
    return _Scanner(script[:_MOST_TEXT].replace("\r\n", "\n")).run()


class _Scanner:
    """One pass over the text; `pending` are the ends of here-documents that start after the current line."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.found: list[Word] = []
        self.pending: list[tuple[str, bool]] = []

    def run(self) -> list[Word]:
        while self.at < len(self.text):
            char = self.text[self.at]
            if char in " \t":
                self.at += 1
            elif self.text.startswith("\\\n", self.at):
                self.at += 2
            elif char == "#":
                self._skip_line()
            elif not self._redirect() and not self._separator(char):
                self._word()
        return self.found

    def _skip_line(self) -> None:
        end = self.text.find("\n", self.at)
        self.at = len(self.text) if end < 0 else end

    def _separator(self, char: str) -> bool:
        if char not in _SEPARATORS:
            return False
        self.at += 1
        self.found.append(Word(char, separator=True))
        if char == "\n" and self.pending:
            self._skip_documents()
        return True

    def _skip_documents(self) -> None:
        for end, indented in self.pending:
            while self.at < len(self.text):
                stop = self.text.find("\n", self.at)
                line = self.text[self.at :] if stop < 0 else self.text[self.at : stop]
                self.at = len(self.text) if stop < 0 else stop + 1
                if (line.lstrip("\t") if indented else line) == end:
                    break
        self.pending = []

    def _redirect(self) -> bool:
        if self.text.startswith("<<<", self.at):
            self.at += 3
            self._take_target()
            return True
        document = _HEREDOC.match(self.text, self.at)
        if document:
            self.pending.append((document[2] or document[3] or document[4] or "", bool(document[1])))
            self.at = document.end()
            return True
        match = _REDIRECT.match(self.text, self.at)
        if match is None or self.text.startswith(("<(", ">("), self.at):
            return False
        self.at = match.end()
        self._take_target()
        return True

    def _take_target(self) -> None:
        """Read and discard the word after a redirection."""
        while self.at < len(self.text) and self.text[self.at] in " \t":
            self.at += 1
        if self.at < len(self.text) and self.text[self.at] not in _SEPARATORS:
            self._word()
            self.found.pop()

    def _word(self) -> None:
        start = self.at
        while self.at < len(self.text) and self.text[self.at] not in " \t<>" + _SEPARATORS:
            self.at = skip_unit(self.text, self.at)
            if self.at < len(self.text) and self.text[self.at] == "(" and self.text[self.at - 1] == "=":
                self.at = _closing(self.text, self.at, "(", ")")
        if self.at == start:
            self.at += 1
        self.found.append(Word(self.text[start : self.at]))


def skip_unit(text: str, at: int) -> int:
    """Return the end of the quoted part, expansion or character that starts at `at`."""
    char = text[at]
    if char == "\\":
        return min(at + 2, len(text))
    if char == "'":
        return _after(text, "'", at + 1)
    if char == '"':
        return _end_of_double_quotes(text, at + 1)
    if char == "`":
        return _after(text, "`", at + 1)
    if char == "$" and text.startswith(("$(", "${"), at):
        return _closing(text, at + 1, text[at + 1], ")" if text[at + 1] == "(" else "}")
    return at + 1


def _after(text: str, end: str, at: int) -> int:
    found = text.find(end, at)
    return len(text) if found < 0 else found + 1


def _end_of_double_quotes(text: str, at: int) -> int:
    while at < len(text) and text[at] != '"':
        if text[at] == "\\":
            at += 2
        elif text.startswith(("$(", "${"), at):
            at = _closing(text, at + 1, text[at + 1], ")" if text[at + 1] == "(" else "}")
        else:
            at += 1
    return min(at + 1, len(text))


def _closing(text: str, at: int, opening: str, closing: str) -> int:
    """Return the end of a bracketed part that starts at `at`, minding quotes; brackets nest."""
    depth = 0
    while at < len(text):
        char = text[at]
        if char == "\\":
            at += 1
        elif char == "'":
            at = _after(text, "'", at + 1) - 1
        elif char == opening:
            depth += 1
        elif char == closing:
            depth -= 1
            if depth == 0:
                return at + 1
        at += 1
    return len(text)
