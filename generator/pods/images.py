"""Read references of container images. Pure."""

from __future__ import annotations


def repository_of(image: str) -> str:
    """Return an image reference without tag and digest."""
    without_digest = image.split("@", 1)[0]
    head, slash, tail = without_digest.rpartition("/")
    return f"{head}{slash}{tail.split(':', 1)[0]}"


def tag_of(image: str) -> str:
    """Return the tag of an image reference, empty when it has none."""
    tail = image.split("@", 1)[0].rpartition("/")[2]
    return tail.partition(":")[2]
