"""`kubectl_complete-llmd_routes`: what kubectl asks for completions of `kubectl llmd-routes`.

Prints a completion a line, with its help behind a tab, and at last a colon and what the shell is to do besides.
Spec: https://kubernetes.io/docs/tasks/extend-kubectl/kubectl-plugins/ (cobra's completion protocol)
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

import click
from click.shell_completion import ShellComplete

from . import cli

# Cobra's directives.
_FILES: Final = ":0"
_NO_FILES: Final = ":4"


def completions(words: Sequence[str]) -> list[str]:
    """Return the completions of the last word of a command line, which may be empty."""
    before, unfinished = list(words[:-1]), words[-1] if words else ""
    found = ShellComplete(cli, {}, "llmd-routes", "").get_completions(before, unfinished)
    plain = [item for item in found if item.type == "plain"]
    lines = [f"{item.value}\t{item.help.splitlines()[0]}" if item.help else str(item.value) for item in plain]
    return [*lines, _NO_FILES if len(plain) == len(found) and plain else _FILES]


def main() -> int:
    """Answer kubectl; never fails, because a completion must not disturb a prompt."""
    for line in completions(sys.argv[1:]):
        click.echo(line)
    return 0
