"""The entry of the command line: `llmd-routes` and `python -m llmd_routes`.

Only what handles Ctrl-C is imported before Ctrl-C is handled.
"""

import sys

from .interrupts import exit_on_interrupt


def main() -> int:
    """Run the command line and return its exit code."""
    exit_on_interrupt()
    from .cli import main as run

    return run()


if __name__ == "__main__":
    sys.exit(main())
