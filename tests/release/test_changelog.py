"""The changelog before, at and after a release."""

from __future__ import annotations

import pytest

from .changelog import begin_section, date_section, read_changed_kinds, read_section

HEAD = "# Changelog\n\nAll changes.\n\n"
OPEN = f"{HEAD}## [0.2.0] - Unreleased\n\n### Added\n\n- b\n\n## [0.1.0] - 2026-11-01\n\n### Added\n\n- a\n"
RELEASED = OPEN.replace("Unreleased", "2026-12-01")


def test_a_release_dates_the_newest_section() -> None:
    assert date_section(OPEN, "0.2.0", "2026-12-01") == RELEASED


@pytest.mark.parametrize(
    ("text", "version", "error"),
    [
        (OPEN, "0.3.0", "the newest section is 0.2.0, the version is 0.3.0"),
        (RELEASED, "0.2.0", "0.2.0 was released on 2026-12-01; run make release-begin first"),
        (HEAD, "0.2.0", "has no section; add a heading"),
    ],
    ids=["another-version", "released", "empty"],
)
def test_what_cannot_be_released(text: str, version: str, error: str) -> None:
    with pytest.raises(ValueError, match=error):
        date_section(text, version, "2026-12-01")


def test_the_next_section_is_the_first_one() -> None:
    begun = begin_section(RELEASED, "0.3.0")
    assert begun == RELEASED.replace("## [0.2.0]", "## [0.3.0] - Unreleased\n\n## [0.2.0]")
    with pytest.raises(ValueError, match=r"0\.3\.0 is not released; run make release-cut first"):
        begin_section(begun, "0.4.0")


def test_the_kinds_that_change_in_a_cluster() -> None:
    """Kinds in the text of a change, and those of former versions, are not counted."""
    changes = (
        "\n### Changes in a cluster\n\nSince 0.1.0:\n\n- `HTTPRoute`, `EnvoyFilter` (istio): a rule\n  as `Service`\n"
    )
    former = OPEN.replace("- a\n", f"- a\n{changes}")
    assert read_changed_kinds(former) == set()
    newest = OPEN.replace("- b\n", f"- b\n{changes}\n### Fixed\n\n- `Role`: none\n")
    assert read_changed_kinds(newest) == {"HTTPRoute", "EnvoyFilter"}


def test_the_notes_of_a_version() -> None:
    assert read_section(RELEASED, "0.2.0") == "### Added\n\n- b\n"
    assert read_section(RELEASED, "0.1.0") == "### Added\n\n- a\n"
    for version, error in (("0.2.0", "0.2.0 has no date"), ("0.3.0", "has no section of 0.3.0")):
        with pytest.raises(ValueError, match=error):
            read_section(OPEN, version)
