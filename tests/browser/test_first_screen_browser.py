"""The first screen in Chromium: what it offers on the samples, and how they make room for articles of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.chromium import PHONE, WIDE, Visit, chromium, playwright
from tests.support.served import address_in, free_port, serving

__all__ = ["chromium"]  # a fixture
pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
STORY = b"The ferry stays in Hollin until the ice is gone, said the harbour master Ada Quill on Monday."


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """The served page on an empty library, which the first visit fills with the samples."""
    with serving(free_port(), {"SECOND_SOURCE_STORE": str(tmp_path / "store")}) as output:
        yield address_in(output)


@pytest.mark.parametrize("size", [WIDE, PHONE])
def test_the_first_screen_leads_on_and_the_samples_make_room(
    chromium: playwright.Browser, address: str, size: dict[str, int]
) -> None:
    expect = playwright.expect
    visitor = Visit(chromium.new_context(viewport=size).new_page(), address)
    page = visitor.page
    expect(page.get_by_text("Compare what the outlets say. Every word cited.")).to_be_visible(timeout=90_000)
    expect(page.get_by_placeholder("Ask a question")).to_be_focused()
    expect(page.locator(".st-key-offered button")).to_have_count(6)
    event = page.locator(".st-key-events a").first
    expect(event).to_contain_text("11 to 29 March 2031", timeout=30_000)
    expect(event).to_contain_text("Linnet Herald")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    visitor.settle()

    page.get_by_role("button", name="Did the outlets quote Henrike Solmar alike?").click()
    expect(page.locator(".block table").first).to_be_visible(timeout=30_000)
    expect(page.locator(".st-key-first")).to_have_count(0)
    expect(page).to_have_title("Did the outlets quote Henrike Solmar al… · Second Source")
    visitor.settle()
    page.get_by_role("button", name="New chat").click()
    expect(page.get_by_placeholder("Ask a question")).to_be_focused()
    expect(page.locator(".st-key-recent button")).to_contain_text("Did the outlets quote Henrike Solmar alike?")

    visitor.settle()
    page.get_by_role("button", name="Remove the samples").click()
    expect(page.get_by_text("Your library is empty")).to_be_visible(timeout=30_000)
    visitor.settle()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("14 articles from")).to_be_visible(timeout=30_000)

    visitor.settle()
    files = [{"name": f"{name}.txt", "mimeType": "text/plain", "buffer": STORY} for name in ("ferry", "again")]
    page.locator("input[type=file]").set_input_files(files)
    expect(page.get_by_text("Removed: the sample articles.")).to_be_visible(timeout=30_000)
    expect(page.get_by_text("1 added, 1 duplicate in")).to_be_visible()
    expect(page.get_by_text("1 article from 0 outlets")).to_be_visible()
    expect(page.locator(".st-key-samples")).to_have_count(0)
    visitor.settle()
    page.get_by_role("link", name="Library", exact=True).click()
    place = "it => [it.getBoundingClientRect().x, it.getBoundingClientRect().y]"
    expect(page.get_by_placeholder("Search headlines")).to_be_visible(timeout=30_000)
    visitor.settle()
    at = page.locator(".name").evaluate(place)
    page.get_by_role("link", name="Second Source").click()
    expect(page.get_by_placeholder("Ask a question")).to_be_focused(timeout=30_000)
    visitor.settle()
    assert page.locator(".name").evaluate(place) == at
    assert not visitor.elsewhere
    page.context.close()
