"""`python -m tests.bench.envoy_gateway.inside ROOT PROGRAM [ARGUMENT...]`: becomes a program that sees further files.

ROOT is the root of its files, in which it finds what is there and all other files of this machine.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from tests.bench.scene.sandbox import show_machine


def main(root: str, program: str, *arguments: str) -> None:
    """Become the program. Raises OSError if it does not exist or the machine forbids a namespace."""
    show_machine(Path(root))
    os.chroot(root)
    os.chdir("/")
    os.execv(program, [program, *arguments])


if __name__ == "__main__":
    main(*sys.argv[1:])
