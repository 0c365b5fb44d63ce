"""A line on a terminal while reading takes long."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Final

from .stderr import shows_progress

# Seconds before the line appears, and between updates.
_INTERVAL_S: Final = 1.0
_ERASE: Final = "\r\x1b[K"


@contextmanager
def progress(subject: str | Callable[[], str]) -> Iterator[None]:
    """Show `SUBJECT ... N s` on stderr if it is a terminal and the block takes over a second; erase it at the end.

    A subject that changes is a function.
    """
    if not shows_progress():
        yield
        return
    done = threading.Event()
    thread = threading.Thread(
        target=_tick, args=(subject if callable(subject) else lambda: subject, done, time.monotonic()), daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _tick(subject: Callable[[], str], done: threading.Event, start: float) -> None:
    shown = False
    while not done.wait(_INTERVAL_S):
        _write(f"{_ERASE}{subject()} ... {time.monotonic() - start:.0f} s")
        shown = True
    if shown:
        _write(_ERASE)


def _write(text: str) -> None:
    with suppress(OSError, ValueError):
        sys.stderr.write(text)
        sys.stderr.flush()
