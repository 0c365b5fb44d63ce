"""Runs a command and says what it took. Wall-clock time and the peak of its memory, of the process itself."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Cost:
    """Seconds of the median run, and the largest peak in MB."""

    seconds: float
    megabytes: float


def cost(command: Sequence[str], runs: int = 3, env: Mapping[str, str] | None = None) -> Cost:
    """Run a command some times, its output thrown away; it must end with 0."""
    seconds, peaks = [], []
    for _ in range(runs):
        start = time.perf_counter()
        process = subprocess.Popen(
            command, env=os.environ | dict(env or {}), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
        )
        assert process.stderr
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.stderr.close()
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds.append(time.perf_counter() - start)
        peaks.append(usage.ru_maxrss / 1024)
        if process.returncode:
            sys.exit(f"{' '.join(command)} ended with {process.returncode}: {errors.decode()[-500:]}")
    return Cost(statistics.median(seconds), max(peaks))
