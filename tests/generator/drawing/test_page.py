"""The page loads nothing, its links lead somewhere, and it says everything without the picture too."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest

from llmd_routes.drawing.page import as_page, summary
from llmd_routes.model.findings import Diagnosis
from tests.generator.diagnosing.test_diagnose import healthy, of_kind

from .pictures import FINDING, NASTY, SMALL, pictured


class Page(HTMLParser):
    """What a document consists of: elements in order, ids, links, and the text of each element."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: dict[str, str] = {}
        self.last = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self.last = tag

    def handle_endtag(self, tag: str) -> None:
        self.last = ""

    def handle_data(self, data: str) -> None:
        self.text[self.last] = self.text.get(self.last, "") + data

    def values(self, name: str) -> list[str]:
        return [value for _, attributes in self.tags if (value := attributes.get(name)) is not None]


@pytest.fixture(scope="module")
def page() -> Page:
    """The page of a broken installation."""
    objects = healthy()
    of_kind(objects, "Pod", "pod-0")["status"]["conditions"] = []
    return Page(as_page(*pictured(objects), "Routes"))


def test_every_link_leads_to_an_element(page: Page) -> None:
    ids = page.values("id")
    assert len(ids) == len(set(ids))
    links = [link for tag, attributes in page.tags if tag == "a" and (link := attributes.get("href"))]
    assert len(links) > 20
    assert {link.removeprefix("#") for link in links} <= {*ids}
    assert {name for each in page.values("aria-labelledby") for name in each.split()} <= {*ids}


def test_nothing_is_loaded_and_only_its_own_script_runs(page: Page) -> None:
    policy = page.values("content")[1]
    assert "default-src 'none'" in policy
    for tag in ("style", "script"):
        digest = base64.b64encode(hashlib.sha256(page.text[tag].encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert [value for value in page.values("href") + page.values("src") if ":" in value] == ["data:,"]
    # An attribute would not be allowed by the policy.
    assert page.values("style") == []


def test_it_has_a_language_a_title_headings_and_labels(page: Page) -> None:
    assert page.tags[0] == ("html", {"lang": "en"})
    assert page.text["title"].startswith("Routes")
    order = [tag for tag, _ in page.tags if re.fullmatch("h[1-6]", tag)]
    assert order == ["h1", "h2", "h2", "h2"]
    inputs = [attributes for tag, attributes in page.tags if tag == "input"]
    assert [each["type"] for each in inputs] == ["search", "checkbox"]


def test_texts_are_escaped() -> None:
    text = as_page(SMALL, Diagnosis((FINDING,), ()), NASTY)
    parsed = Page(text)
    assert {tag for tag, _ in parsed.tags} & {"d", "d>"} == set()
    assert parsed.text["h1"].strip() == NASTY.strip()
    assert "<d>" not in text


def test_the_summary_counts() -> None:
    assert summary(*pictured(healthy())).endswith("2 backends, 0 errors, 0 warnings")
