# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The built site (C(SITE_HTML)), as a browser and a reader with a narrow screen find it."""

from __future__ import annotations

import html.parser
import os
import typing as t
import urllib.parse
from pathlib import Path

import pytest

SITE = Path(os.environ["SITE_HTML"])
PAGES = sorted(SITE.rglob("*.html"))
WIDTHS = (360, 1280)

# What sticks out on the right of the window and lies in no box of its own that can be scrolled.
LOOK = """
const scrolls = element => element && (['auto', 'scroll'].includes(getComputedStyle(element).overflowX) || scrolls(element.parentElement));
const wide = [...document.querySelectorAll('.wy-nav-content *')].filter(
  element => element.getBoundingClientRect().right > window.innerWidth + 1 && !scrolls(element.parentElement) && !scrolls(element));
return {
  sticking_out: wide.slice(0, 3).map(element => `${element.tagName}.${element.className}: ${element.textContent.trim().slice(0, 60)}`),
  moves_sideways: document.documentElement.scrollWidth > document.documentElement.clientWidth,
  images: [...document.images].filter(image => !image.complete || !image.naturalWidth).map(image => image.src),
};
"""


class Links(html.parser.HTMLParser):
    """What a page refers to and what can be referred to in it."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.targets: list[str] = []
        self.feed(page.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" or (name == "name" and tag == "a"):
                self.anchors.add(value or "")
            elif name in ("href", "src") and value:
                self.targets.append(value)


def test_every_link_within_the_site_leads_somewhere() -> None:
    links = {page: Links(page) for page in PAGES}
    broken = []
    for page, found in links.items():
        for target in found.targets:
            parts = urllib.parse.urlsplit(target)
            if parts.scheme or parts.netloc:
                continue
            file = (page.parent / urllib.parse.unquote(parts.path)).resolve() if parts.path else page
            anchor = urllib.parse.unquote(parts.fragment)
            if not file.exists() or (anchor and file in links and anchor not in links[file].anchors):
                broken.append(f"{page.relative_to(SITE)}: {target}")
    assert len(PAGES) > 30 and broken == []


def test_every_module_page_tells_its_attributes() -> None:
    modules = [page for page in PAGES if page.name.endswith("_module.html")]
    wanted = {f"attribute-{name}" for name in ("check_mode", "diff_mode", "idempotent", "action_group")}
    lacking = {page.name: absent for page in modules if (absent := wanted - Links(page).anchors)}
    assert len(modules) > 20 and lacking == {}


@pytest.fixture(scope="module")
def browser() -> t.Iterator[t.Any]:
    """A Chromium without a window, which writes down what goes wrong on a page."""
    if "CHROMIUM" not in os.environ:
        pytest.skip("no Chromium")
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = os.environ["CHROMIUM"]
    for argument in ("--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--allow-file-access-from-files"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    surroundings = {**os.environ, "LD_LIBRARY_PATH": os.environ.get("CHROMIUM_LIBRARIES", "")}
    driver = webdriver.Chrome(options=options, service=Service(os.environ["CHROMEDRIVER"], env=surroundings))
    try:
        yield driver
    finally:
        driver.quit()


@pytest.mark.parametrize("width", WIDTHS)
def test_pages_fit_and_nothing_goes_wrong(browser: t.Any, width: int) -> None:
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600})
    wrong: dict[str, t.Any] = {}
    for page in PAGES:
        browser.get(page.as_uri())
        seen = browser.execute_script(LOOK)
        seen["console"] = [entry["message"] for entry in browser.get_log("browser")]
        if any(seen.values()):
            wrong[str(page.relative_to(SITE))] = {key: value for key, value in seen.items() if value}
    assert wrong == {}
