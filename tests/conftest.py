"""Settings of all tests."""

from __future__ import annotations

import os

from hypothesis import settings

from .fuzzing import FACTOR, count_of

# No deadline: a wall-clock time would fail on a busy machine. In CI the same examples every time.
settings.register_profile("tests", deadline=None, derandomize="CI" in os.environ)
settings.register_profile("fuzz", deadline=None, max_examples=count_of(100))
settings.load_profile("fuzz" if FACTOR else "tests")
