"""The page on who says what in Chromium: the samples, and two articles that try everything they should not.

`SCREENSHOTS=docs pytest tests/browser/test_coverage_browser.py` also saves the page's pictures, light and
dark, wide and as on a phone.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag.settings import ROOT
from tests.browser.test_browser import HOSTILE_ARTICLE, is_in_view
from tests.support.chromium import PHONE, WIDE, Visit, chromium, playwright
from tests.support.served import address_in, free_port, serving

__all__ = ["chromium"]  # a fixture
pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

HURT = "How many people were injured when the barge hit?"
PICTURES = Path(os.environ["SCREENSHOTS"]) if os.environ.get("SCREENSHOTS") else None
LOOKS = [(WIDE, "light", "coverage"), (PHONE, "dark", "coverage-phone-dark")]
if PICTURES:
    LOOKS += [(WIDE, "dark", "coverage-dark"), (PHONE, "light", "coverage-phone")]
OTHER_HOSTILE_ARTICLE = HOSTILE_ARTICLE | {
    "maintext": (
        "The zeppelin Zorblatt carried nine crates on April 1, 2031, said $\\alpha$ <img src=x onerror=alert(5)>.\n\n"
        "“The zeppelin Zorblatt carried ![pixel](http://tracker.example/q.png) and :red[paint] for <b>nobody</b>,” "
        "said Ada <script>alert(6)</script> Quill. “The zeppelin Zorblatt carried nothing else of any worth to us.”"
    ),
    "sitename": "![o](http://tracker.example/o.png) :red[Evil] $Post$ <i onclick=alert(7)>",
    "url": "https://zorblatt.example/1",
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, chromium: playwright.Browser) -> Iterator[str]:
    """The served page on the samples and the hostile articles."""
    folder = tmp_path_factory.mktemp("coverage-browser")
    shutil.copytree(ROOT / "rag" / "samples", folder / "samples")
    for name, article in (("98", OTHER_HOSTILE_ARTICLE), ("99", HOSTILE_ARTICLE)):
        (folder / "samples" / "articles" / f"{name}-hostile.json").write_text(json.dumps(article))
    environment = {"SECOND_SOURCE_STORE": str(folder / "store"), "SECOND_SOURCE_SAMPLES": str(folder / "samples")}
    with serving(free_port(), environment) as output:
        yield address_in(output) + "/coverage"


@pytest.fixture
def visit(chromium: playwright.Browser, address: str) -> Iterator[Callable[..., Visit]]:
    contexts = []

    def begin(size: dict[str, int], asks: str = "", **options: object) -> Visit:
        context = chromium.new_context(viewport=size, **options)
        contexts.append(context)
        return Visit(context.new_page(), address + asks)

    yield begin
    for context in contexts:
        context.close()


def tab(page: playwright.Page, name: str) -> playwright.Locator:
    """What the tab of that name shows, opened."""
    page.get_by_role("tab", name=name).click()
    panel = page.get_by_role("tabpanel", name=name)
    playwright.expect(panel).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate("document.querySelector('.stMain').scrollWidth <= innerWidth")
    return panel


def opens(page: playwright.Page, link: playwright.Locator, name: str = "") -> None:
    """A click on the link opens the reader at its sentence, and Escape closes it again."""
    mark = page.locator("mark.current")
    for _ in range(3):  # a click is lost where the page is just being drawn
        link.click()
        try:
            mark.wait_for(timeout=8_000)
            break
        except playwright.TimeoutError:
            continue
    playwright.expect(mark).to_have_text(link.get_attribute("title") or "no quote")
    playwright.expect(mark).to_be_in_viewport(ratio=1)
    assert is_in_view(mark)
    if name:
        photograph(page, name)
    page.keyboard.press("Escape")
    playwright.expect(page.locator(".reader")).to_have_count(0)


def photograph(page: playwright.Page, name: str) -> None:
    if PICTURES:
        page.mouse.move(1, 1)
        page.wait_for_timeout(600)
        page.screenshot(path=PICTURES / f"{name}.png")


@pytest.mark.parametrize(("size", "scheme", "name"), LOOKS, ids=[name for _, _, name in LOOKS])
def test_each_table_is_looked_at_and_opens_its_sentences(
    visit: Callable[..., Visit], size: dict[str, int], scheme: str, name: str
) -> None:
    visitor = visit(size, color_scheme=scheme, device_scale_factor=1.5 if size is PHONE else 1.25)
    page = visitor.page
    page.get_by_role("button", name=HURT).click(timeout=90_000)
    playwright.expect(page.locator(".statement")).to_have_text(
        re.compile(r"^[67] outlets cover this, from [78] origins; \d answers? it\.$"), timeout=30_000
    )
    accounts = tab(page, "Accounts")
    playwright.expect(accounts.locator("section.answers")).not_to_have_count(1)
    playwright.expect(accounts.get_by_text("The answers differ.")).to_be_visible()
    playwright.expect(accounts.get_by_text("Not mentioned in what was read")).to_contain_text("Creel and Quay")
    if name == "coverage-phone":
        photograph(page, name)
    opens(page, accounts.locator("a.cite").first, "coverage" if name == "coverage" else "")

    quotes = tab(page, "Quotes")
    row = quotes.locator(".utterance").first
    playwright.expect(row.locator("figure")).to_have_count(3)
    playwright.expect(row).to_contain_text("clip")
    opens(page, row.locator("a.cite").last)
    quotes.get_by_text(re.compile("^Indirect speech")).click()
    playwright.expect(quotes.locator("details[open] .utterance").first).to_be_visible()

    origins = tab(page, "Origins")
    playwright.expect(origins.locator("section").first).to_contain_text("Capstan Wireone text, published by 2 outlets")
    origins.get_by_text("5 sentences cut").click()
    cut = origins.locator("details[open] li a.cite")
    playwright.expect(cut).to_have_count(5)
    opens(page, cut.first)
    playwright.expect(cut.first).to_be_visible()  # still unfolded

    dates = tab(page, "Timeline")
    dots = dates.locator(".mark-symbol.role-mark path")
    playwright.expect(dots.first).to_be_visible(timeout=15_000)
    if scheme == "dark":
        photograph(page, name)
    playwright.expect(dates.get_by_text("computed", exact=True).locator("visible=true").first).to_be_visible()
    dots.last.click()
    playwright.expect(page.locator("mark.current")).to_be_in_viewport(timeout=15_000)
    page.keyboard.press("Escape")
    playwright.expect(page.locator(".reader")).to_have_count(0)

    people = tab(page, "People")
    playwright.expect(people).to_contain_text("also Matthias Ekmoor")
    opens(page, people.locator("a.cite").first)
    assert not visitor.elsewhere
    assert not visitor.dialogs


def test_what_is_covered_has_an_address_and_is_saved_with_its_citations(visit: Callable[..., Visit]) -> None:
    page = visit(WIDE).page
    box = page.get_by_placeholder("Who says what about")
    box.fill(HURT, timeout=90_000)
    box.press("Enter")
    playwright.expect(page.locator("h2.asked")).to_have_text(HURT, timeout=30_000)
    playwright.expect(page).to_have_url(re.compile(r"/coverage\?question=How"))
    statement = page.locator(".statement").inner_text()
    page.reload()
    playwright.expect(page.locator(".statement")).to_have_text(statement, timeout=30_000)

    saved = {}
    for ending in ("Markdown", "CSV", "JSON"):
        with page.expect_download() as download:
            page.get_by_role("tabpanel", name="Accounts").get_by_role("button", name=ending).click()
        assert download.value.suggested_filename.startswith("coverage-claims.")
        saved[ending] = Path(download.value.path()).read_text("utf-8")
    assert "## Citations" in saved["Markdown"]
    assert "Linnet Herald" in {row["outlet"] for row in csv.DictReader(io.StringIO(saved["CSV"]))}
    (claim,) = json.loads(saved["JSON"])["claims"]
    quotes = [account["citation"]["quote"] for account in claim["accounts"] if account["citation"]]
    assert any("19" in quote or "Nineteen" in quote for quote in quotes)


def test_an_answer_and_a_cited_sentence_lead_here(visit: Callable[..., Visit]) -> None:
    visitor = visit(WIDE)
    page = visitor.page
    page.get_by_role("link", name="Ask", exact=True).click(timeout=90_000)
    playwright.expect(page.locator(".st-key-offered")).to_be_visible(timeout=30_000)
    visitor.ask("How many people were injured, according to the Linnet Herald and the Vessermark Courier?")
    page.get_by_role("button", name="Who says what").click()
    page.get_by_role("link", name="Open in Coverage").click(timeout=30_000)
    playwright.expect(page.locator(".statement")).to_contain_text("outlets cover this", timeout=30_000)
    playwright.expect(page).to_have_url(re.compile(r"/coverage\?question="))

    link = page.get_by_role("tabpanel", name="Accounts").locator("a.cite").first
    sentence = link.get_attribute("title") or "no quote"
    link.click()
    page.get_by_role("button", name="Who says what").click()
    playwright.expect(page.locator("h2.quoted")).to_have_text(f"“{sentence}”", timeout=30_000)
    playwright.expect(page).to_have_url(re.compile(r"/coverage\?sentence=\w+-\d+-\d+"))
    playwright.expect(page.locator("section.supports").first).to_contain_text(sentence)

    page.get_by_role("link", name="Ask", exact=True).click()
    playwright.expect(page.locator(".answer")).to_be_visible()


def test_what_the_library_does_not_tell_covers_nothing(visit: Callable[..., Visit]) -> None:
    page = visit(PHONE, "?question=tempranillo").page

    playwright.expect(page.get_by_role("alert")).to_contain_text("has no answer to this", timeout=90_000)
    page.locator(".st-key-offered-closest-event button").click()
    playwright.expect(page.locator(".statement")).to_contain_text("cover", timeout=30_000)
    playwright.expect(page).to_have_url(re.compile(r"/coverage\?event=\w+$"))
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_nothing_of_hostile_articles_runs_loads_links_or_restyles(visit: Callable[..., Visit]) -> None:
    visitor = visit(WIDE, "?question=What did the zeppelin Zorblatt carry?")
    page = visitor.page
    playwright.expect(page.locator(".statement")).to_have_text(re.compile("^2 outlets cover this"), timeout=90_000)
    accounts = tab(page, "Accounts")
    for outlet in (HOSTILE_ARTICLE["sitename"], OTHER_HOSTILE_ARTICLE["sitename"]):
        playwright.expect(accounts).to_contain_text(outlet)
    for name in ("Quotes", "Origins", "Timeline", "People"):
        panel = tab(page, name)
        for fold in panel.locator("summary").all():
            fold.click()
        page.wait_for_timeout(300)
    playwright.expect(tab(page, "Origins")).to_contain_text(HOSTILE_ARTICLE["title"])
    tab(page, "Timeline").locator(".mark-symbol.role-mark path").first.hover()
    tip = page.locator("#vg-tooltip-element")
    playwright.expect(tip).to_contain_text("Zorblatt carried nine crates")
    page.goto(page.url.split("?")[0])
    offered = page.locator(".st-key-offered-events")
    playwright.expect(offered).to_contain_text(":red[Zorblatt] zeppelin", timeout=30_000)

    planted = ("img", "script", ".katex", "b", "em", "i", "[onclick]", "[onerror]", "a[href*=tracker]", "a[href^=java]")
    assert page.locator(", ".join(f".stMain {each}" for each in planted)).count() == 0
    assert visitor.dialogs == []
    assert visitor.elsewhere == []
