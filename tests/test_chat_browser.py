"""Kept chats in Chromium: at their address after a reload and in another tab, by keyboard, as files, on a phone."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from rag.chats.chats import Chats
from rag.chats.export import parse
from rag.chats.verify import verify
from rag.embedding import load_embedding
from rag.library.library import Library
from rag.settings import Settings
from tests.checks import put_in
from tests.test_browser import PHONE, WIDE, Visit, address_in, chromium, free_port, playwright, serving
from tests.test_chats import keep, related

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


def photograph(page: playwright.Page, name: str) -> None:
    if folder := os.environ.get("SCREENSHOTS"):
        page.mouse.move(1, 1)
        page.wait_for_timeout(500)
        page.screenshot(path=Path(folder) / f"{name}.png")


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
    dialog.get_by_role("button", name="Delete for good").focus()
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
