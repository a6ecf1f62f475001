"""The page people ask on: a chat, and beside it the article that a citation opens."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from rag.article import Filters
from rag.errors import UnknownArticle
from rag.settings import Settings
from rag.ui import chat
from rag.ui.answering import answer, cover
from rag.ui.clicks import watch_clicks
from rag.ui.describe import counted
from rag.ui.escape import as_label
from rag.ui.frame import framed, masthead, settings_or_stop
from rag.ui.opening import fill_with_samples, library_door, link_to, notice, offered_questions
from rag.ui.reader import show_article
from rag.ui.turn import show_exchange, show_question

if TYPE_CHECKING:
    from rag.assistant import Assistant

ICON = Path(__file__).with_name("icon.svg")
SAMPLE_LIBRARY = "This is the sample library: its events, people and outlets are invented."


def show() -> None:
    """Draw the page."""
    chat.begin()
    framed(_page)


def _page() -> None:
    with st.container(key="page"):
        main, beside = st.columns(2, gap=None)
    with main, st.container(key="chat", gap=None):
        with masthead("Ask"):
            if st.session_state.exchanges:
                st.button("New chat", type="tertiary", on_click=chat.new_chat, width="content")
        settings = settings_or_stop()
        assistant = library_door(settings)
        fill_with_samples(assistant, settings)
        turns = st.container(key="turns", gap=None)
        with st.container(key="question-box"):
            st.chat_input("Ask a question", key="typed", on_submit=chat.ask_typed)
        with st.container(key="clicks"):
            watch_clicks(st.session_state.latest, st.session_state.step, st.session_state.opened, chat.open_citation)
    if st.session_state.opened:
        with beside, st.container(key="reader"):
            _reader(assistant)
    with turns:
        _turns(assistant, settings)


def _welcome(assistant: Assistant, settings: Settings) -> None:
    status = assistant.library.status()
    offered = offered_questions(assistant, settings)
    size = f"{counted(status.articles, 'article')} from {counted(status.outlets, 'outlet')}"
    st.html(
        '<p class="lead">Ask your news library. Every sentence of an answer is cited, and a click on a citation opens '
        f'the article at that sentence.</p><p class="aside">{size}. {SAMPLE_LIBRARY if offered else ""}</p>'
    )
    if not offered:
        return
    link_to("Library", "Add your own articles on the Library page")
    with st.container(key="offered", gap=None):
        for number, question in enumerate(offered):
            st.button(
                as_label(question),
                key=f"offered-{number}",
                on_click=chat.ask,
                args=(question,),
                type="tertiary",
                width="stretch",
            )


def _turns(assistant: Assistant, settings: Settings) -> None:
    """The chat; the answer that is waited for comes last, when everything else is drawn."""
    exchanges, asked = st.session_state.exchanges, st.session_state.asked
    if not exchanges and not asked:
        _welcome(assistant, settings)
    count = max(len(exchanges), asked.turn + 1 if asked else 0)
    places = [st.container(key=f"turn-{turn}", gap="small") for turn in range(count)]
    for turn, exchange in enumerate(exchanges):
        if not asked or asked.turn != turn:
            with places[turn]:
                show_exchange(turn, exchange)
    if asked:
        with places[asked.turn]:
            show_question(asked.turn, asked.question, asked.filters or Filters())
            with st.spinner("Reading"):
                answer(assistant, asked)
            st.rerun()
    elif st.session_state.uncovered is not None and st.session_state.uncovered < len(exchanges):
        with places[st.session_state.uncovered], st.spinner("Laying the outlets side by side"):
            cover(assistant, st.session_state.uncovered)
        if st.session_state.exchanges is not exchanges:
            st.rerun()


def _reader(assistant: Assistant) -> None:
    turn, number = st.session_state.opened
    citations = chat.citations_of(st.session_state.exchanges[turn])
    article_id = next(citation.article_id for citation in citations if citation.number == number)
    try:
        article = assistant.library.article(article_id)
    except UnknownArticle:
        notice("This article is no longer in the library.")
        st.button("Close", on_click=chat.close_reader)
        return
    of_this_article = [citation for citation in citations if citation.article_id == article_id]
    show_article(article, of_this_article, number, st.session_state.opening, chat.close_reader)
