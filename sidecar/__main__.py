"""The entry of the services: `llmd-routes-sidecar` and `python -m llmd_routes_sidecar`.

Only what handles signals is imported before signals are handled.
"""

import sys

from .signals import exit_on_signals


def main() -> int:
    """Run a service and return its exit code."""
    exit_on_signals()
    from .cli import main as run

    code = run()
    # The event loop has already restored the default handlers.
    exit_on_signals()
    return code


if __name__ == "__main__":
    sys.exit(main())
