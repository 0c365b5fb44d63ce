"""`python -m llmd_routes_sidecar`."""

import sys

from .cli import main

sys.exit(main())
