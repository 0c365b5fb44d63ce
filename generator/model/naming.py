"""Name objects within the limits of Kubernetes: at most 63 characters, told apart by a digest. Pure, no I/O."""

from __future__ import annotations

import hashlib
from typing import Final

LONGEST_NAME: Final = 63


def shortened(name: str, longest: int) -> str:
    """Return a name of at most `longest` characters; a longer one is cut, and a hash keeps it unique."""
    if len(name) <= longest:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: longest - 9].rstrip('-.')}-{digest}"


def route_name(instance: str, number: int) -> str:
    """Return the name of the nth route of an instance, at most 63 characters."""
    suffix = f"-{number}" if number > 1 else ""
    return shortened(instance, LONGEST_NAME - len(suffix)) + suffix


def service_name(start: str, instance: str, suffix: str = "") -> str:
    """Return a name that is valid for a Service too, without dots; a digest keeps it unique."""
    plain = instance.replace(".", "-")
    digest = "" if plain == instance else f"-{hashlib.sha256(instance.encode()).hexdigest()[:5]}"
    return start + shortened(plain, LONGEST_NAME - len(start) - len(digest) - len(suffix)) + digest + suffix
