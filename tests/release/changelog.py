"""The changelog around a release: its section, its date, and the next section. Pure, text in and out.

Source: https://keepachangelog.com/en/1.1.0/
"""

from __future__ import annotations

import re
from typing import Final

UNRELEASED: Final = "Unreleased"
_HEADING: Final = r"^## \[(?P<version>[^]]+)\] - (?P<date>\S+)$"


def date_section(text: str, version: str, date: str) -> str:
    """Return a changelog whose newest section, that of `version`, has a date such as 2026-11-29.

    Raises ValueError if the newest section is that of another version or has a date already.
    """
    newest = _newest(text)
    if newest["version"] != version:
        raise ValueError(f"CHANGELOG.md: the newest section is {newest['version']}, the version is {version}")
    if newest["date"] != UNRELEASED:
        raise ValueError(f"CHANGELOG.md: {version} was released on {newest['date']}; run make release-begin first")
    return text[: newest.start("date")] + date + text[newest.end("date") :]


def begin_section(text: str, version: str) -> str:
    """Return a changelog with a new section. Raises ValueError if the newest one is not released."""
    newest = _newest(text)
    if newest["date"] == UNRELEASED:
        raise ValueError(f"CHANGELOG.md: {newest['version']} is not released; run make release-cut first")
    return f"{text[: newest.start()]}## [{version}] - {UNRELEASED}\n\n{text[newest.start() :]}"


def read_section(text: str, version: str) -> str:
    """Return the text of a released version. Raises ValueError if there is none or it has no date."""
    sections = re.split(r"^(?=## \[)", text, flags=re.MULTILINE)[1:]
    for section in sections:
        heading, _, body = section.partition("\n")
        parts = re.match(_HEADING, heading)
        if parts and parts["version"] == version:
            if parts["date"] == UNRELEASED:
                raise ValueError(f"CHANGELOG.md: {version} has no date; run make release-cut first")
            return body.strip() + "\n"
    raise ValueError(f"CHANGELOG.md: has no section of {version}; run make release-begin first")


def read_changed_kinds(text: str) -> set[str]:
    """Return the kinds of objects that the newest section names under `Changes in a cluster`, in front of a colon."""
    section = text[_newest(text).end() :].partition("\n## ")[0]
    listed = section.partition("\n### Changes in a cluster\n")[2].partition("\n### ")[0]
    fronts = re.findall(r"^- (`[^:]*):", listed, re.MULTILINE)
    return {kind for front in fronts for kind in re.findall(r"`(\w+)`", front)}


def _newest(text: str) -> re.Match[str]:
    heading = re.search(_HEADING, text, re.MULTILINE)
    if heading is None:
        raise ValueError("CHANGELOG.md: has no section; add a heading such as ## [0.1.0] - Unreleased")
    return heading
