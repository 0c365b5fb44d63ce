"""The per-user cache folder of the bench, and the lock that lets two runs share it."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import BenchError
from .progress import Report


def cache_root() -> Path:
    """Return the cache folder of the bench, created if absent.

    Raises BenchError if it cannot be created.
    Spec: XDG Base Directory; a relative `XDG_CACHE_HOME` is ignored.
    """
    home = Path(os.environ.get("XDG_CACHE_HOME", ""))
    if not home.is_absolute():
        home = Path.home() / ".cache"
    root = home / "llmd-routes" / "bench"
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BenchError(f"cannot create the cache folder: {error}; name a writable one in XDG_CACHE_HOME") from error
    return root


@contextmanager
def locked(path: Path, report: Report) -> Iterator[None]:
    """Hold an exclusive lock on the file `path`; says so when it has to wait for another run.

    The kernel drops the lock when its holder dies, so a stale file never blocks anyone.
    """
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report(f"waiting for another run that holds {path}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
