"""Find placeholders that a tool such as envsubst, Flux or Helm should have replaced. Pure, no I/O.

Kubernetes itself replaces only `$(NAME)` in commands and arguments; everything else reaches the pod as it is.
"""

from __future__ import annotations

import re
from typing import Final

RENDER: Final = "render the manifest (envsubst, Flux, Helm), then read the result"
_PLACEHOLDER: Final = re.compile(r"\$\{[A-Za-z_][^{}]*\}|\{\{.*?\}\}", re.DOTALL)


def placeholder_in(value: str) -> str | None:
    """Return the first `${NAME}` or `{{ ... }}` in a value, None if there is none."""
    match = _PLACEHOLDER.search(value)
    return match[0] if match else None
