"""Signals of a service: SIGTERM ends it with exit code 0, SIGINT with 130. I/O.

Imports little, because signals are handled only when this module is imported.
"""

import atexit
import os
import signal

INTERRUPTED = 130


def exit_on_signals() -> None:
    """End the process on SIGTERM and SIGINT before the service starts and after it ends.

    Process 1 of a container ignores SIGTERM unless it has a handler, and would then delay the end of its pod.
    """
    signal.signal(signal.SIGTERM, _exit)
    atexit.register(signal.signal, signal.SIGTERM, signal.SIG_IGN)
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, _exit)
        atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)


def _exit(number: int, frame: object) -> None:
    os._exit(INTERRUPTED if number == signal.SIGINT else 0)
