"""The real page in Chromium: the served app.py, the samples, and one article that tries everything it should not.

`SCREENSHOTS=docs pytest tests/browser/test_browser.py` also saves the pictures of both pages, wide and as on a phone.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import shutil
import socket
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from rag.settings import ROOT
from tests.conftest import DATA
from tests.support.chromium import PHONE, WIDE, Visit, chromium, playwright
from tests.support.served import address_in, free_port, serving

__all__ = ["chromium"]  # a fixture

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

OFFERED = "How many people were injured when the barge hit?"
QUESTION = "How many people were injured when the barge hit, according to the Linnet Herald and the Vessermark Courier?"
HOSTILE_QUESTION = "What did the zeppelin Zorblatt carry?"
HOSTILE_ARTICLE = {
    "title": "<script>alert('title')</script> ![t](http://tracker.example/t.png) $x^2$ :red[Zorblatt] zeppelin",
    "maintext": (
        "The zeppelin Zorblatt carried salt <script>alert('text')</script> and <img src=x onerror=alert(1)> crates.\n\n"
        "The zeppelin Zorblatt carried ![pixel](http://tracker.example/p.png), http://tracker.example/a, $\\a$.\n\n"
        "The zeppelin Zorblatt carried [a link](javascript:alert(2)), :red[paint], `code`, **iron** and # hashes."
    ),
    "sitename": "<b onclick=alert(3)>Evil</b> ![o](http://tracker.example/o.png) *Gazette* :smile: www.tracker.example",
    "date_publish": "2031-04-01",
    "url": "javascript:alert(document.domain)",
    "authors": ["<img src=http://tracker.example/author.png>"],
    "language": 'en" onload="alert(4)',
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, chromium: playwright.Browser) -> Iterator[str]:
    """The served page, its library still empty: the samples and the hostile article are what the first visit reads."""
    folder = tmp_path_factory.mktemp("browser")
    shutil.copytree(ROOT / "rag" / "samples", folder / "samples")
    (folder / "samples" / "articles" / "99-hostile.json").write_text(json.dumps(HOSTILE_ARTICLE))
    environment = {"SECOND_SOURCE_STORE": str(folder / "store"), "SECOND_SOURCE_SAMPLES": str(folder / "samples")}
    with serving(free_port(), environment) as output:
        yield address_in(output)


@pytest.fixture
def visit(chromium: playwright.Browser, address: str) -> Iterator[Callable[..., Visit]]:
    contexts = []

    def begin(size: dict[str, int], **options: object) -> Visit:
        context = chromium.new_context(viewport=size, **options)
        contexts.append(context)
        return Visit(context.new_page(), address)

    yield begin
    for context in contexts:
        context.close()


def is_in_view(mark: playwright.Locator) -> bool:
    """Whether the whole of `mark` lies in the window with nothing in front of its ends."""
    seen = mark.evaluate(
        """mark => {
            const inside = place => place.top >= 0 && place.bottom <= innerHeight && place.right <= innerWidth;
            const lines = [...mark.getClientRects()];
            const hit = line => mark.getRootNode().elementFromPoint(line.left + 4, line.top + line.height / 2) === mark;
            return lines.every(inside) && hit(lines[0]) && hit(lines.at(-1));
        }"""
    )
    return bool(seen)


def test_first_visit_shows_progress_and_then_questions(visit: Callable[..., Visit]) -> None:
    page = visit(WIDE).page

    playwright.expect(page.get_by_text("sample library is being added")).to_be_visible(timeout=60_000)
    playwright.expect(page.get_by_role("progressbar")).to_be_visible()
    playwright.expect(page.locator(".st-key-offered button")).to_have_count(6, timeout=60_000)
    playwright.expect(page.get_by_text("15 articles from")).to_be_visible()
    playwright.expect(page.get_by_placeholder("Ask a question")).to_be_focused()
    assert page.title() == "Second Source"


@pytest.mark.parametrize(("size", "name"), [(WIDE, "ask"), (PHONE, "ask-phone")])
def test_a_click_on_a_citation_opens_the_article_at_the_sentence(
    visit: Callable[..., Visit], size: dict[str, int], name: str
) -> None:
    visitor = visit(size, device_scale_factor=1.5)
    page = visitor.page
    playwright.expect(page.locator(".st-key-offered")).to_be_visible(timeout=60_000)
    visitor.ask(QUESTION)
    link = page.locator(".answer a.cite").first
    playwright.expect(link).to_have_text("[1]")
    quote = link.get_attribute("title")
    link.click()

    mark = page.locator("mark.current")
    playwright.expect(mark).to_have_text(quote or "no quote")
    playwright.expect(link).to_have_attribute("aria-current", "true")
    playwright.expect(mark).to_be_in_viewport(ratio=1)
    assert is_in_view(mark)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    reader = page.locator(".reader")
    playwright.expect(reader.locator("h2")).not_to_be_empty()
    playwright.expect(reader.locator(".credit")).to_contain_text(" 2031")
    playwright.expect(reader.locator("a.original")).to_have_attribute("href", re.compile("^https://"))

    if folder := os.environ.get("SCREENSHOTS"):
        page.mouse.move(1, 1)
        page.wait_for_timeout(500)
        page.screenshot(path=Path(folder) / f"{name}.png")
    page.keyboard.press("Escape")
    playwright.expect(reader).to_have_count(0)
    playwright.expect(link).to_be_focused()
    assert not visitor.elsewhere


def test_the_last_citation_by_its_chip_scrolls_a_small_window(visit: Callable[..., Visit]) -> None:
    page = visit({"width": 1000, "height": 420}).page
    page.locator(".st-key-offered").get_by_role("button", name=OFFERED).click()
    last = page.locator(".sources .chip").last
    last.hover(timeout=60_000)
    playwright.expect(page.locator(".sources .card").last).to_be_visible()
    last.click()

    mark = page.locator("mark.current")
    playwright.expect(mark).to_have_text(page.locator(".answer a.cite").last.get_attribute("title") or "no quote")
    playwright.expect(mark).to_be_in_viewport(ratio=1)
    assert is_in_view(mark)
    page.locator(".scroller").evaluate("scroller => scroller.scrollTo(0, scroller.scrollHeight)")
    page.locator(".answer a.cite").last.click()
    playwright.expect(mark).to_be_in_viewport(ratio=1)

    page.mouse.move(1, 1)
    playwright.expect(page.locator(".sources .card").last).to_be_hidden()
    last.press("Tab")
    page.keyboard.press("Shift+Tab")
    playwright.expect(page.locator(".sources .card").last).to_be_visible()
    page.keyboard.press("Enter")
    playwright.expect(mark).to_be_in_viewport(ratio=1)
    page.keyboard.press("Escape")
    playwright.expect(page.locator(".reader")).to_have_count(0)
    playwright.expect(last).to_be_focused()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_who_says_what_stands_under_the_answer_and_opens_its_sentences(
    visit: Callable[..., Visit], scheme: str
) -> None:
    visitor = visit({"width": 1440, "height": 1600}, device_scale_factor=1, color_scheme=scheme)
    page = visitor.page
    playwright.expect(page.locator(".st-key-offered")).to_be_visible(timeout=60_000)
    visitor.ask(QUESTION)
    page.get_by_role("button", name="Who says what").click()
    link = page.locator(".coverage a.cite").first
    playwright.expect(link).to_be_visible(timeout=30_000)
    playwright.expect(page.locator(".coverage .names").last).to_contain_text("Creel and Quay")
    link.click()

    playwright.expect(page.locator("mark.current")).to_have_text(link.get_attribute("title") or "no quote")
    page.keyboard.press("Escape")
    playwright.expect(page.locator(".reader")).to_have_count(0)
    assert not visitor.elsewhere
    assert not visitor.dialogs


def test_conditions_are_taken_away_by_click_and_by_keyboard(visit: Callable[..., Visit]) -> None:
    visitor = visit(PHONE)
    page = visitor.page
    playwright.expect(page.locator(".st-key-offered")).to_be_visible(timeout=60_000)
    visitor.ask("How many people were injured when the barge hit after 9 March 2031, according to the Linnet Herald?")
    chips = page.locator(".st-key-conditions-0 button")
    playwright.expect(chips).to_have_text(["Linnet Herald", "from 10 March 2031"])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    page.get_by_role("button", name="from 10 March 2031 ask again without it").click()
    playwright.expect(chips).to_have_text(["Linnet Herald"])
    playwright.expect(page.locator(".answer")).to_be_visible()
    chips.focus()
    page.keyboard.press("Enter")
    playwright.expect(chips).to_have_count(0)
    playwright.expect(page.locator(".sources")).to_contain_text("Courier")
    playwright.expect(page.locator(".question")).to_be_focused()
    page.keyboard.press("Tab")
    playwright.expect(page.locator(".answer a.cite").first).to_be_focused()


def test_nothing_from_an_article_runs_loads_or_links(visit: Callable[..., Visit]) -> None:
    visitor = visit(WIDE)
    page = visitor.page
    playwright.expect(page.locator(".st-key-offered")).to_be_visible(timeout=60_000)
    visitor.ask(HOSTILE_QUESTION)
    playwright.expect(page.locator(".answer")).to_contain_text("zeppelin Zorblatt carried")
    page.get_by_text("Search results").click()
    playwright.expect(page.locator(".passages")).to_be_visible()
    paragraphs = page.locator(".answer p:not(.direct)")
    links, sentences = paragraphs.locator("a.cite"), paragraphs.locator("span")
    for position in range(links.count()):
        links.nth(position).click()
        playwright.expect(page.locator("mark.current")).to_have_text(
            re.sub(r" \[\d.*?\]", "", sentences.nth(position).inner_text())
        )
    links.first.click()

    reader = page.locator(".reader")
    playwright.expect(reader.locator("h2")).to_have_text(HOSTILE_ARTICLE["title"])
    assert HOSTILE_ARTICLE["sitename"] in reader.locator(".credit").inner_text()
    assert "".join(HOSTILE_ARTICLE["maintext"].split("\n\n")) == reader.locator(".text").evaluate(
        "it => it.textContent"
    )
    playwright.expect(page.locator(".passages")).to_contain_text(HOSTILE_ARTICLE["title"])
    chip = page.locator(".sources .chip").first
    playwright.expect(chip).to_contain_text(HOSTILE_ARTICLE["sitename"])
    links_of_articles = page.locator(".st-key-turns a, .reader a")
    hrefs = links_of_articles.evaluate_all("links => links.map(link => link.getAttribute('href'))")
    assert hrefs
    assert all(href.startswith(("#cite-", "#copy-")) for href in hrefs)
    planted = ".stMain img, .stMain script, .stMain .katex, .stMain b, .stMain em, .reader img, .reader script"
    assert page.locator(planted).count() == 0
    page.wait_for_timeout(300)
    assert visitor.dialogs == []
    assert visitor.elsewhere == []


def test_a_refusal_offers_the_nearest_passages_without_citing_them(visit: Callable[..., Visit]) -> None:
    visitor = visit(PHONE)
    playwright.expect(visitor.page.locator(".st-key-offered")).to_be_visible(timeout=60_000)
    visitor.ask("Which vineyards grow tempranillo near Zaragoza?")

    playwright.expect(visitor.page.locator(".refusal")).to_be_visible()
    assert visitor.page.locator(".answer a.cite").count() == 0
    visitor.page.get_by_text("Search results").click()
    playwright.expect(visitor.page.get_by_text("None of them answers the question.")).to_be_in_viewport()
    assert visitor.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(("size", "name"), [(WIDE, "evaluation"), (PHONE, "evaluation-phone")])
def test_a_questions_file_is_brought_and_its_run_is_shown(
    visit: Callable[..., Visit], size: dict[str, int], name: str
) -> None:
    visitor = visit(size, device_scale_factor=1.5)
    page = visitor.page
    questions = DATA / "sample-questions.jsonl"
    page.get_by_role("link", name="Evaluation").click(timeout=60_000)
    if page.locator("[class*=st-key-bring-] details").get_attribute("open") is None:
        page.get_by_text("Run a questions file").click()
    page.locator("[class*=st-key-questions-] input").set_input_files(
        {"name": f"{name}.jsonl", "mimeType": "application/json", "buffer": questions.read_bytes()}
    )
    page.get_by_role("button", name="Ask 17 questions").click()

    chosen = page.get_by_role("combobox", name="Run")
    playwright.expect(chosen).to_have_value(re.compile(rf"· {name}\.jsonl$"), timeout=60_000)
    playwright.expect(page.locator(".st-key-sheet .lead")).to_contain_text("of 13 questions")
    playwright.expect(page.locator("[data-testid=stVegaLiteChart] .mark-rect path").first).to_be_visible()
    playwright.expect(page.locator("[class*=st-key-bring-] details")).not_to_have_attribute("open", "")
    playwright.expect(page.locator(".figures").first.locator("tbody tr")).to_have_count(4)
    assert page.locator(".failures dd").count() >= 2
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if folder := os.environ.get("SCREENSHOTS"):
        page.mouse.move(1, 1)
        page.wait_for_timeout(500)
        page.screenshot(path=Path(folder) / f"{name}.png")
    page.get_by_role("link", name="Ask").click()
    playwright.expect(page.get_by_placeholder("Ask a question")).to_be_visible()
    assert not visitor.elsewhere


def test_every_answer_carries_the_security_headers(address: str) -> None:
    for path in ("/", "/_stcore/health", "/nowhere", "/metrics"):
        with urllib.request.urlopen(address + path) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert policy.startswith(
                "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
            )
            assert "script-src 'self' blob:;" in policy
            assert "frame-ancestors 'none'; base-uri 'none'; object-src 'none'" in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "no-referrer"


def test_no_path_leads_out_of_what_is_served(address: str) -> None:
    served = urllib.request.urlopen(address + "/").read()
    for climb in ("../" * 12, "..%2f" * 12, "%2e%2e/" * 12, "..%5c" * 12, "//"):
        for start in ("/", "/static/", "/media/", "/component/", "/app/static/"):
            with closing(http.client.HTTPConnection(urlsplit(address).netloc)) as connection:
                connection.request("GET", f"{start}{climb}etc/passwd")  # as it is: urllib would tidy it
                answer = connection.getresponse()
                assert answer.status >= 400 or answer.read() == served


def test_a_busy_port_is_said_and_the_next_free_one_taken(tmp_path: Path) -> None:
    with socket.socket() as busy:
        busy.bind(("127.0.0.1", 0))
        busy.listen()
        port = busy.getsockname()[1]
        with serving(port, {"SECOND_SOURCE_STORE": str(tmp_path)}) as output:
            said = output.readline()
            assert said.startswith(f"port {port} is in use, using ")
            taken = address_in(output)
            assert taken.endswith(said.split()[-1])
            with urllib.request.urlopen(taken + "/_stcore/health") as answer:
                assert answer.status == 200
