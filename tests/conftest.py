"""Settings of all tests."""

from __future__ import annotations

import os

from hypothesis import settings

# No deadline: a wall-clock time would fail on a busy machine. In CI the same examples every time.
settings.register_profile("tests", deadline=None, derandomize="CI" in os.environ)
settings.register_profile("fuzz", deadline=None, max_examples=20_000)
settings.load_profile("tests")
