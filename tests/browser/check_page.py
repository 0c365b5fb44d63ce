"""The page of `graph` in a real browser, headless: `make browser`, for those who have Chromium and ChromeDriver.

It is not part of `make test`, which needs Python only.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from tests.generator.explaining.test_backends import pod
from tests.generator.objects import Obj, deployment, gateway, pool, service, vllm
from tests.golden import run

from .driver import Driver, browser, check_accessibility, check_nothing_is_loaded

POOLS = 50


def installation() -> list[Obj]:
    """Return 50 ModelServices with pools, pickers and pods, of which one picker and one engine are not ready."""
    objects: list[Obj] = [gateway(gateway_class="istio")]
    for number in range(POOLS):
        name = f"engine-{number:02}"
        objects += [
            deployment(name, {"app": name}, vllm("--model", "base", "--served-model-name", f"org/model-{number}")),
            pool(name, {"app": name}, 8000, epp=f"{name}-epp"),
            service(f"{name}-epp", {"epp": name}),
            pod(f"{name}-a", {"app": name}, "False" if number == 7 else "True"),
            pod(f"{name}-epp-a", {"epp": name}, "False" if number == 9 else "True"),
        ]
    return objects


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of an installation after an apply."""
    folder = tmp_path_factory.mktemp("page")
    objects, routes = folder / "objects.json", folder / "routes.yaml"
    objects.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": installation()}))
    made = run("generate", "-f", str(objects))
    assert made.code == 0, made.stderr
    routes.write_text(made.stdout)
    drawn = run("graph", "-f", str(objects), "-f", str(routes), "-o", "html")
    (folder / "graph.html").write_text(drawn.stdout)
    return folder / "graph.html"


@pytest.fixture(scope="module", params=["light", "dark"])
def opened(page: Path, request: pytest.FixtureRequest) -> Iterator[Driver]:
    """The page in a browser that prefers light or dark pages."""
    driver = browser(scheme=request.param)
    try:
        driver.get(page.as_uri())
        yield driver
    finally:
        driver.quit()


def test_the_console_is_empty_and_nothing_is_loaded(opened: Driver, page: Path) -> None:
    check_nothing_is_loaded(opened, page)


def test_the_rules_of_accessibility_hold(opened: Driver) -> None:
    check_accessibility(opened)


def test_it_is_readable_with_many_pools(opened: Driver) -> None:
    """No box leaves the picture, and no text leaves its box."""
    assert len(opened.find_elements(By.CSS_SELECTOR, '.node[data-column="pool"]')) == POOLS
    outside = opened.execute_script(
        """
        return [...document.querySelectorAll(".node")].filter((node) => {
          const box = node.querySelector("rect").getBoundingClientRect();
          const texts = [...node.querySelectorAll("text")].map((text) => text.getBoundingClientRect());
          return texts.some((text) => text.left < box.left || text.right > box.right || text.bottom > box.bottom + 2);
        }).map((node) => node.textContent);
        """
    )
    assert outside == []
    width = opened.execute_script("return document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert width <= 0, "only the picture scrolls"


def test_keys_move_between_boxes_and_lead_to_the_list(opened: Driver) -> None:
    opened.execute_script("document.querySelector('.node[data-column=\"gateway\"]').focus()")
    columns = []
    for _ in range(5):
        focused = opened.switch_to.active_element
        columns.append(focused.get_attribute("data-column"))
        lit = opened.find_elements(By.CSS_SELECTOR, ".node.on")
        assert focused.get_attribute("id") in [each.get_attribute("id") for each in lit]
        focused.send_keys(Keys.ARROW_RIGHT)
    assert columns == ["gateway", "rule", "pool", "picker", "pods"]
    opened.switch_to.active_element.send_keys(Keys.ARROW_DOWN)
    focused = opened.switch_to.active_element
    focused.send_keys(Keys.ENTER)
    assert opened.current_url.endswith(f"#row-{focused.get_attribute('id')}")


def test_search_and_problems_dim_the_rest(opened: Driver) -> None:
    search = opened.find_element(By.ID, "search")
    search.send_keys("org/model-30")
    shown = opened.find_elements(By.CSS_SELECTOR, ".node:not(.dim)")
    assert {each.get_attribute("data-column") for each in shown} == {"gateway", "rule", "pool", "picker", "pods"}
    assert len(shown) < 10
    assert opened.find_element(By.ID, "said").text.endswith("objects match")
    search.send_keys(Keys.CONTROL, "a")
    search.send_keys(Keys.DELETE)
    assert opened.find_elements(By.CSS_SELECTOR, ".dim") == []
    opened.find_element(By.ID, "broken").click()
    names = {each.text for each in opened.find_elements(By.CSS_SELECTOR, "tbody tr") if each.is_displayed()}
    assert {name.partition(" ✕")[0].partition(" !")[0] for name in names} == {
        "pods of InferencePool ns/engine-07",
        "Service ns/engine-09-epp",
    }
    opened.find_element(By.ID, "broken").click()


def test_without_scripts_everything_is_there(page: Path) -> None:
    driver = browser(preferences={"profile.managed_default_content_settings.javascript": 2})
    try:
        driver.get(page.as_uri())
        assert not driver.find_element(By.CLASS_NAME, "controls").is_displayed()
        assert len(driver.find_elements(By.CSS_SELECTOR, "tbody tr")) > 4 * POOLS
    finally:
        driver.quit()
