"""`python -m tests.engines`: installs engines, makes their models, and runs the checks of this folder with them."""

import sys
from pathlib import Path

from tests.bench.__main__ import run_pytest
from tests.bench.errors import BenchError
from tests.bench.gobuild import SCENE
from tests.bench.progress import to_stderr

from .install import install


def main() -> int:
    """Return the exit code of pytest, 1 if an engine cannot be installed."""
    try:
        install(to_stderr)
    except BenchError as error:
        to_stderr(f"error: {error}")
        return 1
    checks = sorted(map(str, Path(__file__).parent.glob("check_*.py")))
    return run_pytest(["-q", "-p", "no:cacheprovider", *checks], SCENE)


if __name__ == "__main__":
    sys.exit(main())
