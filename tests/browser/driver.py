"""A headless browser, and what every page must fulfil in it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from axe_core_python.selenium import Axe
from selenium import webdriver

# Without these, the browser asks for things that the page does not.
QUIET = ("no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking", "disable-sync")
Driver = Any


def browser(scheme: str = "light", preferences: dict[str, Any] | None = None) -> Driver:
    """Start a browser of its own, with an empty profile."""
    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for argument in ("headless=new", "window-size=1700,1200", *QUIET):
        options.add_argument(f"--{argument}")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    options.add_experimental_option("prefs", preferences or {})
    driver = webdriver.Chrome(options, webdriver.ChromeService(shutil.which("chromedriver")))
    driver.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]}
    )
    return driver


def check_nothing_is_loaded(opened: Driver, page: Path) -> None:
    """Assert that the console is empty, and that the browser asked for the page only."""
    assert opened.get_log("browser") == []
    events = [json.loads(entry["message"])["message"] for entry in opened.get_log("performance")]
    urls = {each["params"]["request"]["url"] for each in events if each["method"] == "Network.requestWillBeSent"}
    assert {url for url in urls if not url.startswith("data:")} == {page.as_uri()}


def check_accessibility(opened: Driver) -> None:
    """Assert contrast, names, landmarks, tables, focus: WCAG 2.1 AA, as far as a program can check it."""
    found = Axe().run(opened)
    assert [(each["id"], [node["html"][:200] for node in each["nodes"][:3]]) for each in found["violations"]] == []
