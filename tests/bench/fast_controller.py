"""`python -m tests.bench.fast_controller [arguments]`: the controller in fast motion.

It collects changes for hundredths of a second where it collects them for up to a second otherwise, so that it passes as
often in two minutes as in an hour.
"""

import sys

from llmd_routes.cli import main
from llmd_routes.controller import loop

if __name__ == "__main__":
    loop._QUIET, loop._LONGEST, loop._TICK = 0.005, 0.01, 0.05  # type: ignore[misc]
    sys.exit(main(["controller", *sys.argv[1:]]))
