"""Kept chats on the page: found again by their address, listed, rated, flagged where articles changed or went."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

import rag.assistant
import rag.ui.pages.ask_page
from rag.article import Article
from rag.assistant import Assistant
from rag.reply import Block, Citation, Filters, Reply, Row, Statement
from rag.settings import ROOT, Settings, read_settings
from rag.ui.components.reader_pane import moved
from rag.ui.html.answer_html import copy_text
from rag.ui.html.escape import as_label
from rag.ui.startup import library_door
from tests.path.test_chats import keep, related, replied, with_direct
from tests.support.apps import app_at, open_citation
from tests.support.fakes import WordCountEmbedding

CARGO = {"title": "Auk sails", "text": "The ferry Auk carried forty sheep.", "sitename": "Linnet Herald"}
TRAM = {"title": "Tram stops", "text": "The tram Edda carried seven nuns.", "sitename": "Quernside Post"}
FERRY, NUNS = "What did the ferry Auk carry?", "What did the tram Edda carry?"


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A library of two articles, and the folder they were read from; to be copied."""
    folder = tmp_path_factory.mktemp("chats")
    (folder / "articles").mkdir()
    for name, item in (("ferry", CARGO), ("tram", TRAM)):
        (folder / "articles" / f"{name}.json").write_text(json.dumps(item))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(rag.assistant, "load_embedding", lambda settings: WordCountEmbedding())
        with Assistant.open(Settings(store=folder / "store")) as assistant:
            assert {event.outcome for event in assistant.ingest([folder / "articles"])} == {"added"}
    return folder


@pytest.fixture
def page(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    """The app on a copy of that library."""
    shutil.copytree(filled / "store", tmp_path / "store")
    monkeypatch.setattr(rag.assistant, "load_embedding", lambda settings: WordCountEmbedding())
    monkeypatch.setenv("SECOND_SOURCE_STORE", str(tmp_path / "store"))
    st.cache_resource.clear()
    yield app().run()
    st.cache_resource.clear()


def app() -> AppTest:
    return AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)


def held() -> Assistant:
    """The Assistant that the page has open."""
    return library_door(read_settings())


def shown(page: AppTest) -> str:
    assert not page.exception
    return "\n".join(element.value for element in page.html)


def ask(page: AppTest, question: str) -> AppTest:
    return page.chat_input[0].set_value(question).run()


def reloaded(page: AppTest) -> AppTest:
    """Another session at the same address."""
    again = app()
    again.query_params["chat"] = page.query_params["chat"]
    return again.run()


def labels(page: AppTest) -> list[str]:
    return [button.label for button in page.button]


def test_a_chat_is_found_again_by_its_address(page: AppTest) -> None:
    assert "Chats" not in labels(page)
    ask(page, FERRY)
    ask(page, NUNS)
    assert page.query_params["chat"] == page.session_state.chat

    again = reloaded(page)
    assert "forty sheep" in shown(again)
    assert "seven nuns" in shown(again)
    assert again.session_state.exchanges == page.session_state.exchanges
    open_citation(again, 0, 1)
    assert 'class="chip" href="#cite-0-1" aria-current="true"' in shown(again)
    ask(again, "And then?")
    assert len(page.run().session_state.exchanges) == 3

    page.button(key="new-chat").click().run()
    assert "chat" not in page.query_params
    assert page.session_state.exchanges == []
    ask(page, FERRY)
    assert [len(held().chats.exchanges(chat.id)) for chat in held().chats.chats()] == [1, 3]


def test_a_question_whose_answer_was_cut_off_is_answered_at_the_next_visit(page: AppTest) -> None:
    page.query_params["chat"] = held().chats.ask(None, FERRY)
    page.run()

    assert "forty sheep" in shown(page)
    assert not held().chats.exchanges(page.session_state.chat)[0].waiting


def test_an_address_of_no_chat_is_said(page: AppTest) -> None:
    page.query_params["chat"] = "<script>"
    page.run()

    assert "This chat does not exist or was deleted." in shown(page)
    assert "chat" not in page.query_params
    ask(page, FERRY)
    assert "no longer" not in shown(page)


def test_chats_are_searched_opened_and_renamed(page: AppTest) -> None:
    ask(page, FERRY)
    first = page.session_state.chat
    page.button(key="new-chat").click().run()
    ask(page, NUNS)
    second = page.session_state.chat
    page.button(key="chats").click().run()

    def named(page: AppTest) -> list[str]:
        return [each.label for each in page.button if (each.key or "").startswith("open-")]

    assert named(page) == ["What did the tram Edda carry? (open)".replace("?", "\\?"), FERRY.replace("?", "\\?")]
    page.text_input(key=f"name-{second}").set_value("Of <nuns>").run()
    assert held().chats.chat(second).name == "Of <nuns>"
    page.button(key="chats").click().run()
    page.text_input(key="chat-words").set_value("<nuns>")
    page.button(key="chats").click().run()  # a dialog is gone with the next run of the whole page
    assert len(named(page)) == 1
    assert page.button(key=f"open-{second}")
    page.text_input(key="chat-words").set_value("")
    page.button(key="chats").click().run()
    page.button(key=f"open-{first}").click().run()
    assert "forty sheep" in shown(page)
    assert page.query_params["chat"] == first


def test_a_removed_article_leaves_a_mark_in_the_chat(page: AppTest) -> None:
    ask(page, FERRY)
    reply = page.session_state.exchanges[0].reply
    held().library.remove([reply.citations[0].article_id])
    page.run()

    assert "[removed: the article was removed from the library on " in shown(page)
    assert page.session_state.exchanges[0].citations[1].hash[:12] in shown(page)
    assert "forty sheep" not in shown(page)
    assert "#cite-0-1" not in shown(page)
    assert not any("sheep" in text for text in map(copy_text, [page.session_state.exchanges[0].reply]))


def test_a_changed_article_is_flagged_with_what_changed(page: AppTest, tmp_path: Path, filled: Path) -> None:
    ask(page, FERRY)
    changed = filled / "articles" / "ferry.json"
    try:
        changed.write_text(json.dumps(CARGO | {"text": "The ferry Auk carried <b>fifty</b> goats."}))
        list(held().ingest([changed]))
    finally:
        changed.write_text(json.dumps(CARGO))
    page.run()

    assert "The article of <bdi>Linnet Herald</bdi> that [1] cites has changed." in shown(page)
    assert "The cited sentences are no longer in it." in shown(page)
    assert "<del>The ferry Auk carried forty sheep.</del>" in shown(page)
    assert "<ins>The ferry Auk carried &lt;b&gt;fifty&lt;/b&gt; goats.</ins>" in shown(page)


def test_an_answer_is_rated_with_a_reason(page: AppTest) -> None:
    ask(page, FERRY)
    id = page.session_state.exchanges[0].id
    held().chats.rate(id, False)  # as a press on the thumb does, which AppTest does not know
    page.session_state.rating = id
    page.run()
    inputs = {each.key: each for each in page.text_input}
    inputs[f"remark-{id}"].set_value("<i>not</i> all")
    inputs[f"expected-{id}"].set_value("forty-one sheep")
    next(each for each in page.button if each.label == "Save").click().run()

    (kept,) = held().chats.exchanges(page.session_state.chat)
    assert (kept.liked, kept.remark, kept.expected) == (False, "<i>not</i> all", "forty-one sheep")
    assert "&lt;i&gt;not&lt;/i&gt; all" in shown(page)
    assert not [each for each in page.text_input if (each.key or "").startswith("remark-")]


def test_asking_again_gives_the_question_another_answer(page: AppTest) -> None:
    ask(page, FERRY)
    ask(page, NUNS)
    held().library.remove([page.session_state.exchanges[0].reply.citations[0].article_id])
    page.button(key="again-0").click().run()

    first, second = page.session_state.exchanges
    assert first.reply.abstained
    assert not second.reply.abstained


def test_an_edited_question_takes_the_place_of_the_old_one(page: AppTest) -> None:
    ask(page, FERRY)
    ask(page, "And then?")
    page.button(key="edit-0").click().run()
    page.text_area[0].set_value(NUNS)
    next(each for each in page.button if each.label == "Ask").click().run()

    first, second = page.session_state.exchanges
    assert (first.question, first.reply.question) == (NUNS, NUNS)
    assert "seven nuns" in shown(page)
    assert second.question == "And then?"
    assert not page.text_area


def test_an_edit_can_be_cancelled(page: AppTest) -> None:
    ask(page, FERRY)
    page.button(key="edit-0").click().run()
    next(each for each in page.button if each.label == "Cancel").click().run()

    assert not page.text_area
    assert page.session_state.exchanges[0].question == FERRY


def kept_chat(page: AppTest, *replies: Reply) -> AppTest:
    """A chat with these replies, opened."""
    chats, id = held().chats, None
    for reply in replies:
        id, _ = keep(chats, reply, id)
    page.query_params["chat"] = id
    return page.run()


def test_what_is_only_related_opens_its_article(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    kept_chat(page, related(held().library, CARGO["text"], TRAM["text"], question="What swam?"))
    reply = page.session_state.exchanges[0].reply
    assert '<div class="answer related"><p class="state">Related only</p><p><span>No article says' in shown(page)
    assert f'href="#cite-0-2">{TRAM["text"]}</a>' in shown(page)
    assert "Quernside Post, undated" in shown(page)
    assert 'class="chip"' not in shown(page)
    assert [(each.label, each.proto.expanded) for each in page.expander] == [("Search results", False)]
    assert "Who says what" not in labels(page)

    def clicked(*given: Any) -> None:
        if not st.session_state.opened:
            given[3](0, 2)

    read: list[Any] = []
    monkeypatch.setattr(rag.ui.pages.ask_page, "watch_clicks", clicked)
    monkeypatch.setattr(rag.ui.pages.ask_page, "show_article", lambda *given: read.append(given))
    page.run()
    assert page.session_state.opened == (0, 2)
    article, citations, number, _, _, unnumbered = read[-1]
    assert (article.id, [*citations], number, unnumbered) == (reply.more[1].article_id, [reply.more[1]], 2, [1, 2])

    held().library.remove([reply.more[1].article_id])
    monkeypatch.setattr(rag.ui.pages.ask_page, "watch_clicks", lambda *_: None)
    page.run()
    assert page.session_state.opened is None
    assert "[removed: the article was removed from the library on " in shown(page)
    assert "seven nuns" not in shown(page)
    assert CARGO["text"] in shown(page)


def test_a_direct_line_a_table_and_more_of_a_kept_answer(page: AppTest) -> None:
    told = with_direct(replied(held().library, CARGO["text"], TRAM["text"], "seven nuns", question="What sailed?"))
    listed = Block("list", "Only a list", ("Outlet",), (Row(("Tide",)),))
    kept_chat(page, told, replace(told, blocks=(listed,), more=()))

    assert '<p class="direct"><span>It says: <strong>The ferry Auk carried forty sheep</strong>.</span>' in shown(page)
    assert shown(page).count("<caption><bdi>What each says</bdi></caption>") == 1
    assert [each.label for each in page.expander if each.label == "More on this"] == ["More on this"]
    assert 'href="#cite-0-3">seven nuns</a>' in shown(page)
    links = [each for each in page.get("page_link") if each.proto.label == "Open in Coverage"]
    assert [each.proto.query_string for each in links] == ["question=What+sailed%3F"]

    held().library.remove([page.session_state.exchanges[0].reply.citations[0].article_id])
    page.run()
    assert "forty sheep" not in shown(page)
    assert '<td colspan="3"><span class="gone">[removed: the article was removed from the library on ' in shown(page)


def test_who_says_what_is_asked_of_a_sentence_that_is_only_related(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    (citation,) = related(held().library, CARGO["text"]).more
    hostile = replace(citation, outlet="<b>Herald</b>", quote="It carried *forty*.")
    refused = replace(related(held().library), more=(hostile,))
    monkeypatch.setattr(Assistant, "ask", lambda *_: refused)
    coverage = app_at("Coverage")
    coverage.query_params["question"] = "What did it carry?"
    coverage.run()

    assert "No article says this directly. Closest sentences:" in shown(coverage)
    button = coverage.button(key="offer-sentence-0")
    assert button.label == as_label("<b>Herald</b>: It carried *forty*.")
    button.click().run()
    assert coverage.query_params["sentence"] == f"{citation.article_id}-{citation.start}-{citation.end}"
    assert f'<h2 class="asked quoted">“{CARGO["text"]}' in shown(coverage)


def test_who_says_what_is_numbered_on_from_what_is_related(page: AppTest) -> None:
    library = held().library
    more = related(library, TRAM["text"]).more[0]
    answered = replied(library, CARGO["text"], question=FERRY)
    kept_chat(page, replace(answered, more=(replace(more, number=2),)))
    page.button(key="cover-0").click().run()

    (exchange,) = page.session_state.exchanges
    assert {each.number for each in exchange.coverage.citations} == set(range(3, 3 + len(exchange.coverage.citations)))


def test_what_is_copied_has_its_sources() -> None:
    def cited(number: int, quote: str) -> Any:
        return Citation(number, "a", "T", "O", None, "2031-03-11", "https://o.example/1", None, 0, 9, quote, True)

    reply = Reply("q", "q", Filters(), (Statement("It sank.", (1,)), Statement("", (2,))), "answered", None, "extract",
                  (cited(1, "It sank."), cited(2, "")))  # fmt: skip
    assert copy_text(reply) == "It sank. [1]\n\n[1] O, T, 11 March 2031, https://o.example/1"
    lacking = Reply("q", "q", Filters(), (Statement("Closest:"),), "related", None, "extract",
                    more=(cited(1, "It\nsank."), cited(2, "")))  # fmt: skip
    assert copy_text(lacking) == "Closest:\n\n- It sank. (O, T, 11 March 2031, https://o.example/1)"
    late = Article("Late. It sank.", id="a")
    assert (moved(reply.citations[0], late).start, moved(reply.citations[0], late).end) == (6, 14)
    assert moved(reply.citations[0], Article("It rose.")) == reply.citations[0]


def test_the_next_questions_are_asked_within_what_was_chosen(page: AppTest) -> None:
    ferry = next(each.id for each in held().library.articles() if "sheep" in each.text)
    held().library.collections.add("Ferries <b>", [ferry])
    page.run().button(key="within-0").click().run()
    assert page.button(key="within-chip").label.startswith("“Ferries")

    ask(page, NUNS)
    assert {each.article_id for each in page.session_state.exchanges[0].reply.retrieved} <= {ferry}
    assert page.button(key="condition-0-0").label.startswith("in “Ferries")
    again = reloaded(page)
    assert again.button(key="within-chip")

    page.button(key="within-chip").click().run()
    ask(page, NUNS)
    assert "seven nuns" in shown(page)
    page.button(key="condition-0-0").click().run()
    assert page.session_state.exchanges[0].reply.filters == Filters()


def test_this_article_is_the_one_beside_the_chat(page: AppTest) -> None:
    ask(page, FERRY)
    ask(page, NUNS)
    cited = page.session_state.exchanges[0].reply.citations[0]
    open_citation(page, 0, 1)
    ask(page, "Summarise this article")

    reply = page.session_state.exchanges[2].reply
    assert reply.answered_by == "library"
    assert {each.article_id for each in reply.citations} == {cited.article_id}
    assert "own records" in shown(page)
