"""Lines that tell a waiting human what the bench does: something starts, and ends after so many seconds.

pytest captures even the process's own stderr while a fixture runs, so a fixture passes a `Report` that suspends
the capture (see conftest.py); `to_stderr` alone is enough outside pytest.
"""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Report = Callable[[str], None]


def to_stderr(line: str) -> None:
    """Print one line to the real stderr, past any replacement of `sys.stderr`."""
    # One write: two threads must not mix their lines.
    print(f"bench: {line}\n", end="", file=sys.__stderr__, flush=True)


@contextmanager
def timed(report: Report, what: str, note: str = "") -> Iterator[None]:
    """Report `what` (and a note) when the block starts, and its seconds when it ends well."""
    report(f"{what} ... {note}".rstrip())
    start = time.monotonic()
    yield
    report(f"{what}: {time.monotonic() - start:.1f} s")
