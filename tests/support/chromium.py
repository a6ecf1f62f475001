"""Chromium, and a page in it as one person sees it. Tests that import this are skipped where there is no browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

if os.environ.get("CI"):
    import playwright.sync_api as playwright
else:
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
WIDE, PHONE = {"width": 1440, "height": 820}, {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def chromium() -> Iterator[playwright.Browser]:
    if not CHROMIUM or not Path(CHROMIUM).exists():
        message = "no Chromium: install one, or set CHROMIUM to its path"
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


class Visit:
    """A page as one person sees it, with what must never happen there written down."""

    def __init__(self, page: playwright.Page, address: str) -> None:
        self.page = page
        self.dialogs: list[str] = []
        self.elsewhere: list[str] = []
        page.on("dialog", self._dialog)
        page.on("request", lambda request: self._request(request.url, address))
        page.goto(address)

    def ask(self, question: str) -> None:
        """Type a question, and wait for its answer."""
        turns = self.page.locator(".answer").count()
        box = self.page.get_by_placeholder("Ask a question")
        box.fill(question)
        box.press("Enter")
        playwright.expect(self.page.locator(".answer")).to_have_count(turns + 1, timeout=20_000)
        self.settle()

    def settle(self) -> None:
        """Wait until the page is drawn: a click in the moment in which Streamlit ends a run is lost at times."""
        drawn = self.page.locator('.stApp[data-test-script-state="notRunning"]')
        playwright.expect(drawn).to_be_visible(timeout=20_000)

    def _dialog(self, dialog: playwright.Dialog) -> None:
        self.dialogs.append(dialog.message)
        dialog.dismiss()

    def _request(self, url: str, address: str) -> None:
        if urlsplit(url).scheme not in ("blob", "data") and urlsplit(url).netloc != urlsplit(address).netloc:
            self.elsewhere.append(url)
