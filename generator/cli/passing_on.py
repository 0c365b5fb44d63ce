"""Print manifests that are passed on, with what is emitted for them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from llmd_routes.errors import NothingToRoute

from .stderr import print_details, print_lines, print_notices

if TYPE_CHECKING:
    from llmd_routes.pipeline import Emission
    from llmd_routes.reading.request import Beside


def pass_on(
    text: str, beside: Beside, chosen: Mapping[str, Any], allow_empty: bool, add: Callable[[Emission], str]
) -> int:
    """Print a text with the objects emitted for it, or unchanged if it contains no ModelService and that is allowed."""
    from llmd_routes.output.write import write
    from llmd_routes.pipeline import requested_beside

    try:
        emission = requested_beside(beside, text, chosen)
    except NothingToRoute:
        if not allow_empty:
            raise
        write(text, None, sys.stdout)
        return 0
    write(add(emission), None, sys.stdout)
    print_details(emission.details)
    print_lines(emission.report)
    print_notices(emission.notices)
    return 0
