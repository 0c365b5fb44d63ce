"""Ctrl-C: ends the process with exit code 130 at any moment, and leaves no temporary files.

Imports little, because Ctrl-C is handled only when this module is imported.
"""

import atexit
import os
import signal

INTERRUPTED = 130


def exit_on_interrupt() -> None:
    """End the process on SIGINT, also while modules are imported and while the interpreter shuts down.

    A KeyboardInterrupt would print a traceback there, and imports and destructors can swallow it. A SIGINT that the
    parent process ignores (`nohup`) stays ignored.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _exit)
        # At exit the interpreter restores the default handler. The result is already written by then, so its exit code
        # stands.
        atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)


class Unwinding:
    """A block in which SIGINT raises KeyboardInterrupt, so that the block can remove its temporary files."""

    def __enter__(self) -> None:
        self._exits = signal.getsignal(signal.SIGINT) is _exit
        if self._exits:
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def __exit__(self, *_: object) -> None:
        if self._exits:
            signal.signal(signal.SIGINT, _exit)


def _exit(number: int, frame: object) -> None:
    # A shell's prompt must not follow ^C on the same line.
    try:
        if os.isatty(2):
            os.write(2, b"\n")
    finally:
        os._exit(INTERRUPTED)
