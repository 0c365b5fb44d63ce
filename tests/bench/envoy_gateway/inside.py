"""`python -m tests.bench.envoy_gateway.inside ROOT PROGRAM [ARGUMENT...]`: becomes a program that sees further files.

The program sees the files of this machine, and in their place those that ROOT has at the same path.
"""

from __future__ import annotations

import sys

from tests.bench.scene.sandbox import become

if __name__ == "__main__":
    root, *words = sys.argv[1:]
    become(f"{root}:/", *words)
