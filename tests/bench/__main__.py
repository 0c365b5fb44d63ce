"""`python -m tests.bench [pytest arguments]`: builds what the bench needs, then runs its tests in own namespaces.

Building needs the network of the machine; the tests get a network namespace, where every address of pods is local and
nothing can reach further, and a process namespace, so that nothing outlives the run. Where the machine allows no
namespaces the bench is skipped, and under CI it fails.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from .bench import find_toolchain
from .crds import GITOPS, NEWEST, OLDEST, read_crds
from .errors import BenchError
from .gobuild import PLACES, programs
from .network import open_network
from .processes import leash
from .progress import to_stderr

ROOT = Path(__file__).resolve().parents[2]
INSIDE = "--inside"


def main(arguments: list[str]) -> int:
    """Return the exit code of pytest, 0 when the bench is skipped, 1 when it cannot be made."""
    if arguments[:1] == [INSIDE]:
        open_network()
        return subprocess.call([sys.executable, "-m", "pytest", "-m", "bench", *arguments[1:]], cwd=ROOT)
    own = namespaces()
    if isinstance(own, str):
        to_stderr(f"skipped: {own}")
        return 1 if os.environ.get("CI") else 0
    try:
        toolchain = find_toolchain(to_stderr)
        programs(toolchain.go, PLACES, to_stderr)
        for generation in (OLDEST, NEWEST, GITOPS):
            read_crds(toolchain.go, generation)
    except BenchError as error:
        to_stderr(f"error: {error}")
        return 1
    # unshare does not hear SIGTERM while its child runs, so it must die with us, and its child with it.
    inside = [*leash(), *own, sys.executable, "-m", "tests.bench", INSIDE, *arguments]
    return subprocess.call(inside, cwd=ROOT)


def namespaces() -> list[str] | str:
    """Return the words that start a command in namespaces of its own, or why there are none."""
    program = shutil.which("unshare")
    if program is None:
        return "unshare is not installed, and servers must not outlive their tests"
    user = [] if os.geteuid() == 0 else ["-r"]
    words = [program, "--net", "--pid", "--fork", "--kill-child", "--mount-proc", *user]
    done = subprocess.run([*words, "true"], capture_output=True, text=True, check=False)
    return words if done.returncode == 0 else f"this machine allows no namespaces ({done.stderr.strip()})"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
