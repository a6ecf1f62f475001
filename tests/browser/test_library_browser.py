"""The page of the library in Chromium, its server allowed to fetch from a site on this machine.

`SCREENSHOTS=docs pytest tests/browser/test_library_browser.py` also saves the page's picture.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.browser.test_browser import HOSTILE_ARTICLE
from tests.support.chromium import PHONE, WIDE, Visit, chromium, playwright
from tests.support.served import address_in, free_port, serving
from tests.support.site import Answer, Request, Site

__all__ = ["chromium"]  # a fixture
pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
ROW, HEADER = 35, 38
"""Pixels of a row of the table, and of what is above the first."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, chromium: playwright.Browser) -> Iterator[tuple[str, Site]]:
    """The served page on an empty library, and the site that it may fetch from."""
    site = Site()
    store = tmp_path_factory.mktemp("library-browser") / "store"
    program = [sys.executable, "-m", "tests.support.serving", str(site.port)]
    with serving(free_port(), {"SECOND_SOURCE_STORE": str(store)}, program) as output:
        yield address_in(output) + "/library", site
    site.close()


@pytest.fixture
def visit(chromium: playwright.Browser, server: tuple[str, Site]) -> Iterator[Callable[..., Visit]]:
    contexts = []

    def begin(size: dict[str, int], **options: object) -> Visit:
        context = chromium.new_context(viewport=size, **options)
        contexts.append(context)
        return Visit(context.new_page(), server[0])

    yield begin
    for context in contexts:
        context.close()


def click_row(page: playwright.Page, row: int, x: int) -> None:
    """Click the table, which is drawn on a canvas, in a row (the first is 0), `x` pixels from its left."""
    canvas = page.get_by_test_id("stDataFrame").locator("canvas").first
    playwright.expect(canvas).to_be_visible(timeout=30_000)
    page.wait_for_timeout(400)  # it is drawn after it is there
    # A layer that scrolls lies before it, and takes the click.
    canvas.click(position={"x": x, "y": HEADER + ROW * row + ROW // 2}, force=True)


def photograph_samples(page: playwright.Page, path: Path) -> None:
    page.get_by_role("button", name="Try the sample library first").click()
    playwright.expect(page.get_by_text("14 articles from 6 outlets")).to_be_visible(timeout=60_000)
    page.get_by_role("button", name="Close").click()
    playwright.expect(page.get_by_text("14 added")).to_have_count(0)
    playwright.expect(page.get_by_test_id("stDataFrame")).to_be_visible()
    page.mouse.move(1, 1)
    page.wait_for_timeout(800)
    page.screenshot(path=path)
    page.get_by_text("Add articles").click()


def test_files_are_uploaded_and_what_does_not_go_in_is_told(visit: Callable[..., Visit]) -> None:
    visitor = visit(WIDE, device_scale_factor=1.5)
    page = visitor.page
    playwright.expect(page.get_by_text("Your library is empty")).to_be_visible(timeout=60_000)
    if folder := os.environ.get("SCREENSHOTS"):
        photograph_samples(page, Path(folder) / "library.png")
    page.locator("input[type=file]").set_input_files(
        [
            {
                "name": "../../x.txt",
                "mimeType": "text/plain",
                "buffer": b"The tram to Quaggaford runs again since Monday.",
            },
            {"name": "<b>.html", "mimeType": "text/html", "buffer": b"<html></html>"},
            {"name": "h.json", "mimeType": "application/json", "buffer": json.dumps(HOSTILE_ARTICLE).encode()},
        ]
    )
    playwright.expect(page.get_by_text("2 added, 1 failed in")).to_be_visible(timeout=30_000)
    playwright.expect(page.locator(".outcomes").first).to_have_text("<b>.htmlno article was found on the page")
    playwright.expect(page.get_by_text(re.compile("articles from"))).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_nothing_of_hostile_articles_runs_loads_or_restyles(visit: Callable[..., Visit]) -> None:
    visitor = visit(WIDE)
    page = visitor.page
    click_row(page, 0, 200)
    playwright.expect(page.locator(".st-key-shelf h2")).to_have_text(HOSTILE_ARTICLE["title"], timeout=30_000)
    assert HOSTILE_ARTICLE["sitename"] in page.locator(".credit").inner_text()
    assert "".join(HOSTILE_ARTICLE["maintext"].split("\n\n")) == page.locator(".story").evaluate("it => it.textContent")
    for tab in ("Details", "Versions", "Copies", "Passages"):
        page.get_by_role("tab", name=tab).click()
        page.wait_for_timeout(200)
    playwright.expect(page.get_by_label("Outlet")).to_have_value(HOSTILE_ARTICLE["sitename"])
    page.get_by_role("button", name="Remove").click()
    playwright.expect(page.locator(".st-key-undo")).to_contain_text(HOSTILE_ARTICLE["title"])
    visitor.settle()
    page.get_by_role("button", name="Undo").click()
    playwright.expect(page.locator(".st-key-undo")).to_have_count(0)
    playwright.expect(page.get_by_text("Click an article to open it")).to_be_visible(timeout=30_000)
    page.get_by_text("Filter").click()
    option = page.get_by_role("option", name=re.compile("Evil"))
    for _ in range(5):  # the list closes where the page is being drawn again
        page.locator(".st-key-outlets input").click()
        page.wait_for_timeout(500)
        if option.is_visible():
            break
        page.keyboard.press("Escape")
    playwright.expect(option).to_be_visible()

    planted = ("img", "script", ".katex", "b", "em", "[onclick]", "[onload]", "a[href*=tracker]", "a[href^=javascript]")
    assert page.locator(", ".join(f".stApp {each}, [role=option] {each}" for each in planted)).count() == 0
    assert visitor.dialogs == []
    assert visitor.elsewhere == []


def test_a_feed_is_followed_with_progress_and_cancelled(visit: Callable[..., Visit], server: tuple[str, Site]) -> None:
    site = server[1]
    items = "".join(f"<item><title>News {n}</title><link>{site.url(f'/{n}')}</link></item>" for n in range(80))
    site.pages["/feed"] = f'<rss version="2.0"><channel><title>Hollin Times</title>{items}</channel></rss>'

    def news(request: Request) -> Answer:
        story = "".join(f"<p>Ferry {request.path} stayed on day {m}, as the harbour said.</p>" for m in range(6))
        html = f"<html><body><h1>Ferry {request.path} stays</h1><article>{story}</article></body></html>"
        return Answer(html.encode(), headers={"Content-Type": "text/html"})

    site.otherwise = news
    visitor = visit(PHONE)
    page = visitor.page
    page.get_by_text("Add articles").click(timeout=60_000)
    page.get_by_role("tab", name="Feed").click()
    page.get_by_label("Address of a feed").fill(site.url("/feed"))
    page.get_by_role("button", name="Follow feed").click()
    playwright.expect(page.locator(".st-key-adding")).to_contain_text(re.compile(r"[1-9]\d* added"), timeout=30_000)
    told = page.locator(".st-key-adding").inner_text()
    page.wait_for_timeout(1000)
    assert page.locator(".st-key-adding").inner_text() != told

    page.get_by_role("button", name="Cancel").click()
    playwright.expect(page.get_by_text("You stopped it")).to_be_visible(timeout=3_000)
    playwright.expect(page.get_by_text("Feeds (1)")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert not visitor.elsewhere


def test_an_article_is_corrected_found_and_removed(visit: Callable[..., Visit]) -> None:
    visitor = visit(WIDE)
    page = visitor.page
    search = page.get_by_placeholder("Search headlines")
    search.fill("runs quaggaford", timeout=60_000)
    search.press("Enter")
    playwright.expect(page.get_by_text(re.compile(r"^1 of \d+ articles"))).to_be_visible()
    click_row(page, 0, 200)
    page.get_by_role("tab", name="Details").click(timeout=30_000)
    outlet = page.locator(".st-key-field-outlet input")
    outlet.fill("Hollin Tramway Gazette")
    outlet.press("Enter")
    playwright.expect(page.locator(".credit")).to_contain_text("Hollin Tramway Gazette")
    playwright.expect(page.locator(".st-key-field-outlet")).to_contain_text("corrected manually")
    page.reload()
    playwright.expect(page.locator(".credit")).to_contain_text("Hollin Tramway Gazette", timeout=30_000)
    page.get_by_role("button", name="All articles").click()

    search.fill("tramway quaggaford")
    search.press("Enter")
    playwright.expect(page.get_by_text(re.compile(r"^1 of \d+ articles"))).to_be_visible()
    click_row(page, 0, 16)
    page.get_by_role("button", name="Remove 1 article").click()
    playwright.expect(page.get_by_text("No matching articles.")).to_be_visible()
    assert page.get_by_text("Tramway Gazette").count() == 0
    assert not visitor.elsewhere
