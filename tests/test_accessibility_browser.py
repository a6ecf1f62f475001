"""What axe-core finds on the pages, in light and dark: nothing serious or critical. And what a lost app is told as."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from rag.settings import ROOT
from tests.test_browser import QUESTION, WIDE, Visit, address_in, chromium, free_port, playwright, serving

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")

__all__ = ["chromium"]  # a fixture
pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
NOT_OURS: dict[str, str] = {}
"""Rules, each with the elements of Streamlit's own that break them and that no setting or style mends."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("accessibility")


@pytest.fixture
def server(folder: Path, chromium: playwright.Browser) -> Iterator[IO[str]]:
    """The served page on an empty library; there are no samples until they are put into the folder."""
    environment = {"SECOND_SOURCE_STORE": str(folder / "store"), "SECOND_SOURCE_SAMPLES": str(folder / "samples")}
    with serving(free_port(), environment) as output:
        yield output


def violations(page: playwright.Page, where: str) -> list[str]:
    """What axe-core finds in light and dark, a line each."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(300)
        for each in axe.Axe().run(page).response["violations"]:
            if each["impact"] in ("serious", "critical"):
                nodes = [n for n in each["nodes"] if not (each["id"] in NOT_OURS and NOT_OURS[each["id"]] in str(n))]
                found += [f"{where}, {scheme}: {each['id']}: {n['target']} {n['html'][:200]}" for n in nodes]
    page.emulate_media(color_scheme="light")
    return found


def test_no_page_or_state_breaks_a_serious_rule(chromium: playwright.Browser, server: IO[str], folder: Path) -> None:
    page = chromium.new_context(viewport=WIDE, reduced_motion="reduce").new_page()
    visitor = Visit(page, address_in(server))
    expect = playwright.expect
    expect(page.get_by_text("Your library is empty")).to_be_visible(timeout=60_000)
    found = violations(page, "empty")
    page.get_by_role("link", name="Library", exact=True).click()
    page.locator("input[type=file]").set_input_files({"name": "empty.txt", "mimeType": "text/plain", "buffer": b" "})
    expect(page.get_by_text("empty.txt")).to_be_visible()
    page.get_by_role("button", name="Add the files").click()
    expect(page.locator(".st-key-report")).to_contain_text("Mend these", timeout=60_000)
    found += violations(page, "files that failed")

    shutil.copytree(ROOT / "rag" / "samples", folder / "samples")
    page.get_by_role("link", name="Ask", exact=True).click()
    expect(page.locator(".st-key-offered button")).to_have_count(6, timeout=60_000)
    found += violations(page, "welcome")
    visitor.ask("Which vineyards grow tempranillo near Zaragoza?")
    page.get_by_text("Nearest passages").click()
    found += violations(page, "a refusal")
    page.get_by_role("button", name="New chat").click()
    expect(page.locator(".answer")).to_have_count(0)
    visitor.ask(QUESTION)
    page.get_by_role("button", name="Who says what").click()
    expect(page.locator(".coverage a.cite").first).to_be_visible(timeout=30_000)
    page.locator(".answer a.cite").first.click()
    expect(page.locator("mark.current")).to_be_visible()
    found += violations(page, "an answer, who says what, and the reader")
    page.keyboard.press("Escape")

    page.get_by_role("link", name="Library", exact=True).click()
    expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    found += violations(page, "the library")
    page.get_by_role("link", name="Coverage", exact=True).click()
    page.wait_for_timeout(1_000)
    found += violations(page, "coverage")
    page.get_by_role("link", name="Evaluation", exact=True).click()
    expect(page.get_by_text("Measure how well")).to_be_visible()
    found += violations(page, "evaluation")
    assert not found, "\n".join(found)


def test_an_app_that_is_gone_is_told_with_what_to_do(chromium: playwright.Browser, tmp_path: Path) -> None:
    page = chromium.new_context(viewport=WIDE).new_page()
    environment = {"SECOND_SOURCE_STORE": str(tmp_path), "SECOND_SOURCE_SAMPLES": str(tmp_path / "nothing")}
    with serving(free_port(), environment) as output:
        page.goto(address_in(output))
        playwright.expect(page.get_by_text("Your library is empty")).to_be_visible(timeout=60_000)
    said = page.get_by_role("dialog")
    playwright.expect(said).to_contain_text("The app has stopped, or cannot be reached.", timeout=20_000)
    playwright.expect(said).not_to_contain_text("internet")
