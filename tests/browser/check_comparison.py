"""The page of `compare` in a real browser, headless: `make browser`. It is not part of `make test`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By

from llmd_routes.comparing.page import as_page
from tests.generator.comparing.examples import BOTH

from .driver import Driver, browser, check_accessibility, check_nothing_is_loaded

SCHEMES = ("light", "dark")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("page") / "report.html"
    path.write_text(as_page(BOTH))
    return path


@pytest.fixture(scope="module", params=SCHEMES)
def scheme(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def opened(page: Path, scheme: str) -> Iterator[Driver]:
    """The page in a browser that prefers light or dark pages."""
    driver = browser(scheme=scheme)
    try:
        driver.get(page.as_uri())
        yield driver
    finally:
        driver.quit()


def test_the_console_is_empty_and_nothing_is_loaded(opened: Driver, page: Path) -> None:
    check_nothing_is_loaded(opened, page)


def test_the_rules_of_accessibility_hold(opened: Driver) -> None:
    check_accessibility(opened)


def test_each_plot_is_shown_as_the_reader_prefers(opened: Driver, scheme: str) -> None:
    images = opened.find_elements(By.TAG_NAME, "img")
    assert len(images) == 3
    for image in images:
        assert opened.execute_script("return arguments[0].complete && arguments[0].naturalWidth > 100", image)
        shown = opened.execute_script("return arguments[0].currentSrc", image)
        assert (shown == image.get_attribute("src")) == (scheme == "light")


@pytest.mark.parametrize("width", [1200, 500])
def test_nothing_is_wider_than_the_window(opened: Driver, width: int) -> None:
    opened.set_window_size(width, 900)
    width = opened.execute_script("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0
