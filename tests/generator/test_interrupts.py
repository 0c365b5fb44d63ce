"""Ctrl-C in a program of its own: it ends at once, or unwinds a block that has to clean up."""

import subprocess
import sys

import pytest

PROGRAM = """
import os, signal
from llmd_routes.interrupts import Unwinding, exit_on_interrupt
{first}
exit_on_interrupt()
try:
    {block}
        os.kill(os.getpid(), signal.SIGINT)
except KeyboardInterrupt:
    print("unwound", flush=True)
    os.kill(os.getpid(), signal.SIGINT)
print("went on")
"""


@pytest.mark.parametrize(
    ("first", "block", "end"),
    [
        ("", "if True:", (130, "")),
        ("", "with Unwinding():", (130, "unwound\n")),
        ("signal.signal(signal.SIGINT, signal.SIG_IGN)", "if True:", (0, "went on\n")),
        ("signal.signal(signal.SIGINT, signal.SIG_IGN)", "with Unwinding():", (0, "went on\n")),
    ],
)
def test_an_interrupt(first: str, block: str, end: tuple[int, str]) -> None:
    command = [sys.executable, "-c", PROGRAM.format(first=first, block=block)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (*end, "")
