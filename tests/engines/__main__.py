"""`python -m tests.engines`: installs the engines that the checks of this folder run, and makes their models."""

import sys

from tests.bench.errors import BenchError
from tests.bench.progress import to_stderr

from .install import install


def main() -> int:
    """Return 0 if all engines are installed."""
    try:
        install(to_stderr)
    except BenchError as error:
        to_stderr(f"error: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
