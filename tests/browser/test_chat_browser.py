"""Kept chats in Chromium: at their address after a reload and in another tab, by keyboard, as files, on a phone."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from rag.chats.chat_export import parse
from rag.chats.chats import Chats
from rag.chats.export_verification import verify
from rag.library.library import Library
from rag.models.embedding import load_embedding
from rag.reply import Block, Mark, Reply, Row, Statement
from rag.settings import Settings
from tests.path.test_chats import keep, related, replied
from tests.support.checks import put_in
from tests.support.chromium import PHONE, WIDE, Visit, chromium, playwright
from tests.support.served import address_in, free_port, serving

__all__ = ["chromium"]  # a fixture
pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
QUESTION = "How many people were injured when the barge hit?"
OTHER = "How much will repairing the bridge cost?"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, chromium: playwright.Browser) -> Iterator[str]:
    """The served page on a library that the first visit fills with the samples."""
    store = tmp_path_factory.mktemp("chat-browser") / "store"
    with serving(free_port(), {"SECOND_SOURCE_STORE": str(store)}) as output:
        yield address_in(output)


@pytest.fixture
def visit(chromium: playwright.Browser, address: str) -> Iterator[Callable[..., Visit]]:
    contexts = []

    def begin(size: dict[str, int], at: str = "", **options: object) -> Visit:
        context = chromium.new_context(viewport=size, **options)
        contexts.append(context)
        visitor = Visit(context.new_page(), at or address)
        playwright.expect(visitor.page.get_by_placeholder("Ask a question")).to_be_visible(timeout=60_000)
        return visitor

    yield begin
    for context in contexts:
        context.close()


def expect_answers(page: playwright.Page, number: int) -> None:
    playwright.expect(page.locator(".answer")).to_have_count(number, timeout=30_000)


def photograph(page: playwright.Page, name: str, whole: bool = False) -> None:
    """Save a picture of the window, or where the `whole` page is meant, of a window as high as it."""
    if folder := os.environ.get("SCREENSHOTS"):
        size = page.viewport_size or WIDE
        if whole:
            height = page.evaluate("document.querySelector('.stMain').scrollHeight")
            page.set_viewport_size({"width": size["width"], "height": height})
        page.mouse.move(1, 1)
        page.wait_for_timeout(500)
        page.screenshot(path=Path(folder) / f"{name}.png")
        page.set_viewport_size(size)


def test_a_sentence_that_is_only_related_opens_its_article_without_a_number(
    visit: Callable[..., Visit], tmp_path: Path
) -> None:
    store, model = tmp_path / "store", load_embedding(Settings())
    (tmp_path / "ferry.txt").write_text("The ferry Auk left at noon. It carried forty sheep. It came back at night.")
    with Library.open(store, model.identity, model.model_name) as library:
        put_in(library, model, tmp_path / "ferry.txt")
        chats = Chats(library)
        id, _ = keep(chats, related(library, "It carried forty sheep.", "It came back at night."))
        chats.close()
    with serving(free_port(), {"SECOND_SOURCE_STORE": str(store)}) as output:
        page = visit(WIDE, f"{address_in(output)}?chat={id}").page
        page.locator(".related .cite").nth(1).click()

        playwright.expect(page.locator("mark.current")).to_have_text("It came back at night.", timeout=30_000)
        playwright.expect(page.locator("mark")).to_have_count(2)
        playwright.expect(page.locator("mark[data-numbers]")).to_have_count(0)
        playwright.expect(page.locator('.related .cite[aria-current="true"]')).to_have_text("It came back at night.")
        photograph(page, "related")
        page.get_by_role("button", name="Close").click()
        playwright.expect(page.locator("mark")).to_have_count(0)


FERRIES = {
    "Linnet Herald": (
        "The ferry Auk left at noon on Tuesday. It carried forty sheep and a bishop. “We saw the sheep before we saw "
        "the sea,” said Ada Quill, the mate. It came back at night."
    ),
    "Quernside Post": (
        "The Auk carried thirty-eight sheep, the harbour office said, because two of them had been left on the quay "
        "with their shepherd, who had a cold and did not wish to sail in such weather. “I saw the sheep first, and "
        "then the sea,” Quill told the court."
    ),
    "<b>Creel & Quay</b> |": "The Auk carried <img src=x onerror=alert(1)> forty sheep. Nobody counted the bishops.",
}


def composed(library: Library) -> Reply:
    """A reply as a question for what outlets say has it: direct lines, sentences, blocks of each kind, and more."""
    quotes = [
        "It carried forty sheep and a bishop.", FERRIES["Quernside Post"].partition(" “I")[0],
        "“We saw the sheep before we saw the sea,” said Ada Quill, the mate.",
        "“I saw the sheep first, and then the sea,” Quill told the court.",
        "The Auk carried <img src=x onerror=alert(1)> forty sheep.", "The ferry Auk left at noon on Tuesday.",
        "It came back at night.", "Nobody counted the bishops.",
    ]  # fmt: skip
    reply = replied(library, *quotes, question="How many sheep did the ferry Auk carry?")
    lines = []
    for fixed, words, number in (("", "Forty sheep", 1), ("Quernside Post: ", "thirty-eight", 2)):
        marks = (Mark(0, len(fixed), "fixed"), Mark(len(fixed), len(fixed + words), "answer"))
        lines.append(Statement(f"{fixed}{words}.", (number,), marks[not fixed :], direct=True))
    hostile = "<b>Creel & Quay</b> |"
    blocks = (
        Block("accounts", "How many sheep", ("Outlet", "Says"), (
            Row(("Linnet Herald", "40"), (1,)), Row(("Quernside Post", "38"), (2,)), Row((hostile, "40"), (5,)),
            Row(("Merrow Gazette", "does not say")),
        )),
        Block("quotes", "Ada Quill, in two wordings", ("Day",), (
            Row(("11 March 2031",), (3,)), Row(("12 March 2031",), (4,)),
        )),
        Block("timeline", "The Auk's Tuesday", ("When",), (Row(("noon",), (6,)), Row(("night",), (7, 5)))),
        Block("list", "Outlets", ("Outlet", "Articles"), (Row(("Linnet Herald", "1")), Row((hostile, "1")))),
    )  # fmt: skip
    return replace(
        reply, statements=(*lines, *reply.statements[:2]), citations=reply.citations[:7], more=reply.citations[7:],
        intent="comparison", blocks=blocks,
    )  # fmt: skip


@pytest.fixture(scope="module")
def composed_at(tmp_path_factory: pytest.TempPathFactory, chromium: playwright.Browser) -> Iterator[str]:
    """The address of a chat whose one answer has everything that an answer can have."""
    folder = tmp_path_factory.mktemp("composed")
    store, model = folder / "store", load_embedding(Settings())
    for number, (outlet, text) in enumerate(FERRIES.items(), 11):
        article = {"title": f"Auk {number}", "text": text, "sitename": outlet, "date_publish": f"2031-03-{number}"}
        (folder / f"{number}.json").write_text(json.dumps(article))
    with Library.open(store, model.identity, model.model_name) as library:
        put_in(library, model, *folder.glob("*.json"))
        chats = Chats(library)
        id, _ = keep(chats, composed(library))
        chats.close()
    with serving(free_port(), {"SECOND_SOURCE_STORE": str(store)}) as output:
        yield f"{address_in(output)}?chat={id}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("size", "name"), [(WIDE, "direct"), (PHONE, "direct-phone")])
def test_a_direct_line_tables_and_more_stand_in_an_answer(
    visit: Callable[..., Visit], composed_at: str, size: dict[str, int], name: str, scheme: str
) -> None:
    visitor = visit(size, composed_at, color_scheme=scheme)
    page = visitor.page
    first = page.locator(".answer p").first
    playwright.expect(first).to_have_text("Forty sheep.\u2060[1]", timeout=30_000)
    playwright.expect(first.locator("strong")).to_have_text("Forty sheep")
    playwright.expect(page.locator(".answer .direct").nth(1).locator("strong")).to_have_text("thirty-eight")
    sizes = page.locator(".answer p").evaluate_all("all => all.map(p => parseFloat(getComputedStyle(p).fontSize))")
    assert sizes[0] == sizes[1] > sizes[2]
    playwright.expect(page.get_by_role("table")).to_have_count(4)
    playwright.expect(page.locator("caption").first).to_have_text("How many sheep")
    if size == WIDE:
        playwright.expect(page.get_by_role("columnheader", name="In the articles' words")).to_have_count(3)
    playwright.expect(page.locator(".block th strong").nth(2)).to_have_text("<b>Creel & Quay</b> |")
    playwright.expect(page.get_by_role("link", name="Open in Coverage")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    visitor.settle()
    photograph(page, f"{name}-{scheme}", whole=True)

    link = page.locator(".block a.cite").nth(1)
    quote = link.get_attribute("title") or "no quote"
    link.click()
    playwright.expect(page.locator("mark.current")).to_have_text(quote, timeout=30_000)
    playwright.expect(page.locator('.block a.cite[aria-current="true"]')).to_have_count(1)
    photograph(page, f"{name}-{scheme}-opened")
    page.keyboard.press("Escape")
    playwright.expect(page.locator(".reader")).to_have_count(0)
    visitor.settle()

    more = page.locator(".more .cite")
    playwright.expect(more).to_be_hidden()
    page.get_by_text("More on this").click()
    playwright.expect(more).to_have_text("Nobody counted the bishops.")
    photograph(page, f"{name}-{scheme}-more", whole=True)
    more.click()
    playwright.expect(page.locator("mark.current")).to_have_text("Nobody counted the bishops.", timeout=30_000)
    page.keyboard.press("Escape")
    playwright.expect(page.locator(".reader")).to_have_count(0)
    playwright.expect(more).to_be_focused()
    assert page.locator(".block img, .stMain b").count() == 0
    assert not visitor.dialogs
    assert not visitor.elsewhere


def test_a_reload_and_another_tab_come_back_to_the_chat(visit: Callable[..., Visit]) -> None:
    visitor = visit(WIDE, permissions=["clipboard-read", "clipboard-write"])
    page = visitor.page
    visitor.ask(QUESTION)
    playwright.expect(page).to_have_url(re.compile(r"\?chat=[0-9a-f]{16}$"))
    answer = page.locator(".answer").inner_text()
    page.get_by_role("button", name="Copy").click()
    playwright.expect(page.locator(".copy")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.split("\n")[0].endswith("]")
    assert copied.split("\n")[2].startswith("[1] ")

    box = page.get_by_placeholder("Ask a question")
    box.fill(OTHER)
    box.press("Enter")
    playwright.expect(page.locator(".question")).to_have_count(2)
    page.reload()  # while it is answered
    expect_answers(page, 2)
    assert page.locator(".answer").first.inner_text() == answer
    other = visit(WIDE, page.url)
    expect_answers(other.page, 2)
    playwright.expect(other.page.get_by_text("Ask next")).to_be_visible(timeout=30_000)  # all of it is drawn
    other.page.locator(".answer a.cite").first.click()
    playwright.expect(other.page.locator("mark.current")).to_be_visible(timeout=15_000)
    assert visitor.elsewhere == other.elsewhere == []


def test_by_keyboard_alone_chats_are_named_opened_and_deleted(visit: Callable[..., Visit]) -> None:
    visitor = visit(WIDE)
    page = visitor.page
    visitor.ask(OTHER)
    page.get_by_role("button", name="Chats").focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    name = dialog.get_by_label("Name of this chat")
    name.focus()
    page.keyboard.press("ControlOrMeta+A")
    page.keyboard.type("Repairs <b>first</b>")
    page.keyboard.press("Enter")
    mine = dialog.get_by_role("button", name=re.compile(r"^Repairs .*first.* \(open\)$"))
    playwright.expect(mine).to_be_visible()
    photograph(page, "chats")
    search = dialog.get_by_placeholder("Search names")
    for _ in range(5):  # what is typed while the dialog is being drawn again is lost
        search.focus()
        page.keyboard.press("ControlOrMeta+A")
        page.keyboard.type("repairs first")
        page.keyboard.press("Enter")
        page.wait_for_timeout(1000)
        if dialog.get_by_role("button", name="Delete").count() == 1:
            break
    playwright.expect(dialog.get_by_role("button", name="Delete")).to_have_count(1)
    page.keyboard.press("Tab")
    playwright.expect(mine).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Delete permanently").focus()
    page.keyboard.press("Enter")
    playwright.expect(dialog).to_have_count(0)
    playwright.expect(page.locator(".answer")).to_have_count(0)
    assert "chat=" not in page.url


def test_a_chat_is_saved_as_a_page_that_verifies(visit: Callable[..., Visit], tmp_path: Path) -> None:
    visitor = visit(PHONE)
    page = visitor.page
    visitor.ask(QUESTION)
    page.get_by_role("button", name="Chats").click()
    dialog = page.get_by_role("dialog")
    saved = {}
    for label, ending in (("Markdown", "md"), ("JSON", "json"), ("Web page", "html")):
        with page.expect_download() as download:
            dialog.get_by_role("button", name=label).click()
        assert download.value.suggested_filename == f"how-many-people-were-injured-when-the-barge-hit.{ending}"
        saved[ending] = tmp_path / f"chat.{ending}"
        download.value.save_as(saved[ending])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    photograph(page, "chats-phone")

    for path in saved.values():
        data, readable = parse(path.read_text("utf-8"), path.name)
        findings = verify(data, None, readable)
        assert findings
        assert all(finding.state == "holds" for finding in findings)
    page.goto(saved["html"].as_uri())
    playwright.expect(page.get_by_role("heading", level=2)).to_have_text(QUESTION)
    assert page.locator("blockquote").count() >= 1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert not [url for url in visitor.elsewhere if not url.startswith("file:")]


def test_an_answer_is_rated_and_a_next_question_asked(visit: Callable[..., Visit]) -> None:
    visitor = visit(PHONE)
    page = visitor.page
    visitor.ask("What did the harbour master say about the barge?")
    following = page.locator(".st-key-next button")
    playwright.expect(following.first).to_be_visible(timeout=30_000)
    page.locator("[class*=st-key-tools-] [role=radio]").last.click()
    page.get_by_label("What is wrong with it?").fill("It is <i>long</i>")
    page.get_by_label("What would be right?").fill("fog")
    page.get_by_role("button", name="Save").click()
    playwright.expect(page.locator("[class*=st-key-tools-] .aside")).to_have_text("It is <i>long</i>")
    playwright.expect(page.get_by_label("What is wrong with it?")).to_have_count(0)
    page.reload()
    expect_answers(page, 1)
    playwright.expect(page.locator("[class*=st-key-tools-] .aside")).to_have_text("It is <i>long</i>")

    playwright.expect(following.first).to_be_visible(timeout=30_000)
    question = following.first.inner_text()
    following.first.click()
    expect_answers(page, 2)
    playwright.expect(page.locator(".question").last).to_have_text(question)
    assert page.locator(".refusal").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert visitor.dialogs == visitor.elsewhere == []
