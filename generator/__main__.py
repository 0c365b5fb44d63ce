"""Runs the command line as `python -m llmd_routes`."""

import sys

from .cli import main

sys.exit(main())
