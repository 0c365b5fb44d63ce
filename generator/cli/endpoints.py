"""Read the URL of an API and the headers of requests, as options of commands that send requests."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from llmd_routes.errors import InputError

# Paths below the URL of an API that are often copied with it.
_BELOW: Final = ("/chat/completions", "/models")


def parse_api(url: str) -> str:
    """Return the URL of an OpenAI-compatible API for what a person writes: http://HOST becomes http://HOST/v1.

    Raises InputError if it is invalid.
    """
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        is_valid = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_valid = False
    if not is_valid or parts.query or parts.fragment or parts.username:
        raise InputError(f"URL {url}: invalid URL; use http://HOST[:PORT] or https://HOST[:PORT]")
    path = parts.path.rstrip("/")
    for below in _BELOW:
        path = path.removesuffix(below)
    return f"{parts.scheme}://{parts.netloc}{path.removesuffix('/v1')}/v1"


def parse_header(option: str, text: str) -> tuple[str, str]:
    """Return the name and the value of a header. Raises InputError, without the value, which may be a secret."""
    name, colon, value = text.partition(":")
    if not colon or not name.strip() or not text.isascii() or any(mark in text for mark in "\r\n\0"):
        raise InputError(f"{option}: invalid header; use 'NAME: VALUE'")
    return name.strip(), value.strip()
