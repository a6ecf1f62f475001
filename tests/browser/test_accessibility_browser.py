"""What axe-core finds on the pages, in light and dark: nothing serious or critical. And what a lost app is told as."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from rag.settings import ROOT
from tests.browser.test_browser import QUESTION
from tests.browser.test_chat_browser import composed_at
from tests.support.chromium import PHONE, WIDE, Visit, chromium, playwright
from tests.support.served import address_in, free_port, serving

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")

__all__ = ["chromium", "composed_at"]  # fixtures
pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


def violations(page: playwright.Page, where: str, *schemes: str) -> list[str]:
    """What axe-core finds in light, and in the other `schemes`, a line each."""
    found = []
    for scheme in ("light", *schemes):
        page.emulate_media(color_scheme=scheme)
        page.wait_for_timeout(300)  # colours fade
        for each in axe.Axe().run(page).response["violations"]:
            if each["impact"] in ("serious", "critical"):
                found += [f"{where}, {scheme}: {each['id']}: {n['target']} {n['html'][:200]}" for n in each["nodes"]]
    page.emulate_media(color_scheme="light")
    return found


def test_no_page_or_state_breaks_a_serious_rule(chromium: playwright.Browser, tmp_path: Path) -> None:
    """There are no samples until they are put into their folder; in the end the app goes."""
    samples = tmp_path / "samples"
    environment = {"SECOND_SOURCE_STORE": str(tmp_path / "store"), "SECOND_SOURCE_SAMPLES": str(samples)}
    page = chromium.new_context(viewport=WIDE, reduced_motion="reduce").new_page()
    expect = playwright.expect
    with serving(free_port(), environment) as output:
        visitor = Visit(page, address_in(output))
        expect(page.get_by_text("Your library is empty")).to_be_visible(timeout=60_000)
        found = violations(page, "empty")
        page.get_by_role("link", name="Library", exact=True).click()
        page.locator("input[type=file]").set_input_files(
            {"name": "empty.txt", "mimeType": "text/plain", "buffer": b" "}
        )
        expect(page.locator(".st-key-report")).to_contain_text("Fix these", timeout=60_000)
        found += violations(page, "files that failed", "dark")

        shutil.copytree(ROOT / "rag" / "samples", samples)
        page.get_by_role("link", name="Ask", exact=True).click()
        expect(page.locator(".st-key-offered button")).to_have_count(6, timeout=60_000)
        found += violations(page, "welcome")
        visitor.ask("Which vineyards grow tempranillo near Zaragoza?")
        page.get_by_text("Search results").click()
        found += violations(page, "a refusal")
        page.get_by_role("button", name="New chat").click()
        expect(page.locator(".answer")).to_have_count(0)
        visitor.ask(QUESTION)
        page.get_by_role("button", name="Who says what").click()
        expect(page.locator(".coverage a.cite").first).to_be_visible(timeout=30_000)
        page.locator(".answer a.cite").first.click()
        expect(page.locator("mark.current")).to_be_visible()
        found += violations(page, "an answer, who says what, and the reader", "dark")
        page.keyboard.press("Escape")
        expect(page.locator(".reader")).to_have_count(0)
        page.get_by_role("link", name="Open in Coverage").click()
        expect(page.get_by_role("tab").first).to_be_visible(timeout=30_000)
        expect(page.locator(".coverage a.cite").first).to_be_visible(timeout=30_000)
        found += violations(page, "coverage", "dark")

        page.get_by_role("link", name="Library", exact=True).click()
        expect(page.get_by_test_id("stDataFrame")).to_be_visible()
        found += violations(page, "the library", "dark")
        page.get_by_role("link", name="Evaluation", exact=True).click()
        expect(page.get_by_text("Measure how well")).to_be_visible()
        found += violations(page, "evaluation")
    said = page.get_by_role("dialog")
    expect(said).to_contain_text("The app has stopped or cannot be reached.", timeout=20_000)
    expect(said).not_to_contain_text("internet")
    assert not found, "\n".join(found)


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_an_answer_with_tables_breaks_no_serious_rule(
    chromium: playwright.Browser, composed_at: str, size: dict[str, int]
) -> None:
    page = chromium.new_context(viewport=size, reduced_motion="reduce").new_page()
    page.goto(composed_at)
    page.get_by_text("More on this").click(timeout=60_000)
    playwright.expect(page.locator(".more .cite")).to_be_visible()

    found = violations(page, "an answer with tables", "dark")
    page.context.close()
    assert not found, "\n".join(found)
