"""Child processes with a log file each, ended by pid in the reverse order of their start."""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from .errors import BenchError

GRACE = 10.0  # seconds between SIGTERM and SIGKILL

# Becomes the program in its arguments, which the kernel kills (prctl PR_SET_PDEATHSIG, SIGKILL) when pytest dies: a
# killed run must not leave servers behind. Not a preexec_fn, which Python 3.12 warns about where threads run.
_LEASH = "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 9); os.execv(sys.argv[1], sys.argv[1:])"


class Processes:
    """The processes of one bench; as a context manager it ends them all, whatever happened."""

    def __init__(self, folder: Path) -> None:
        """Keep the log files in `folder`."""
        self._folder = folder
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._started: dict[str, tuple[list[str], dict[str, str]]] = {}

    def __enter__(self) -> "Processes":
        """Start nothing yet."""
        return self

    def __exit__(self, *_: object) -> None:
        """End every process."""
        self.stop()

    def start(self, name: str, program: Path, *args: str, env: Mapping[str, str] | None = None) -> None:
        """Start a program, with `env` on top of this environment; its output is added to `<name>.log`."""
        self._started[name] = ([*leash(), str(program), *args], os.environ | dict(env or {}))
        self.again(name)

    def again(self, name: str) -> None:
        """Start a process again that has ended, as it was started."""
        words, env = self._started[name]
        with self._log(name).open("ab") as log:
            self._running[name] = subprocess.Popen(
                words,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # or Ctrl-C would end them before the tests that use them
            )

    def check(self) -> None:
        """Raise BenchError with the end of its log if a process has ended by itself."""
        for name, process in self._running.items():
            if process.poll() is not None:
                raise BenchError(f"{name} ended with code {process.returncode}; {self.tail(name)}")

    def kill(self, name: str) -> None:
        """End one process without asking it, as a lost machine would."""
        process = self._running.pop(name)
        process.kill()
        process.wait()

    def end(self, name: str) -> None:
        """End one process: SIGTERM, and SIGKILL if it does not obey in time."""
        process = self._running.pop(name)
        process.terminate()
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def names(self) -> list[str]:
        """Return the names of the running processes, in the order of their start."""
        return list(self._running)

    def pid(self, name: str) -> int:
        """Return the number of a process."""
        return self._running[name].pid

    def has_ended(self, name: str) -> bool:
        """Return whether a process has ended by itself."""
        return self._running[name].poll() is not None

    def tail(self, name: str, lines: int = 15) -> str:
        """Return the last lines of a log, below its path."""
        log = self._log(name)
        return "\n".join([f"the end of {log}:", *log.read_text(errors="replace").splitlines()[-lines:]])

    def stop(self) -> None:
        """End every process, the last one first."""
        while self._running:
            self.end(next(reversed(self._running)))

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"


def leash() -> list[str]:
    """Return the words in front of a command that make it die with its parent, where the kernel can do that."""
    return [sys.executable, "-I", "-S", "-c", _LEASH] if sys.platform == "linux" else []


def resident(pid: int) -> float:
    """Return how much memory a process holds, in MB (proc(5), statm)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2
