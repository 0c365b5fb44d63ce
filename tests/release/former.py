"""`python former.py`: what the program that is imported generates for cases; JSON in, JSON out.

It runs with the code of a former version, so it imports nothing else of this project.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys


def generate(words: list[str]) -> str:
    """Return the output of `generate`, empty if it fails."""
    from llmd_routes.cli import main

    stdout = io.StringIO()
    with contextlib.redirect_stdout(stdout), contextlib.redirect_stderr(io.StringIO()):
        code = main(["generate", *words])
    return "" if code else stdout.getvalue()


if __name__ == "__main__":
    json.dump({name: generate(words) for name, words in json.load(sys.stdin).items()}, sys.stdout)
