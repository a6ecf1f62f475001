"""The Ask page: a chat, and a reader for the cited articles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from rag.errors import UnknownArticle
from rag.settings import Settings
from rag.text.words import counted
from rag.ui.access import may_edit
from rag.ui.components import open_chat
from rag.ui.components.chat_list import ways_to_chats
from rag.ui.components.chat_turn import show_exchange, show_question
from rag.ui.components.clicks import watch_clicks
from rag.ui.components.collection_picker import within_door
from rag.ui.components.frame import framed, masthead, settings_or_stop
from rag.ui.components.model_panel import model_door
from rag.ui.components.reader_pane import moved, show_article
from rag.ui.html.answer_html import copy_text
from rag.ui.html.escape import as_label
from rag.ui.jobs.answer_job import answer, cover
from rag.ui.jobs.suggestion_job import show_suggestions
from rag.ui.navigation import link_to
from rag.ui.startup import fill_with_samples, library_door, notice, offered_questions

if TYPE_CHECKING:
    from rag.assistant import Assistant

ICON = Path(__file__).with_name("icon.svg")
LONGEST_TYPED = 10_000
"""Characters that the input accepts; the search reports questions that are too long."""
SAMPLE_LIBRARY = "This is the sample library: its events, people and outlets are invented."


def show() -> None:
    """Draw the page."""
    open_chat.begin()
    framed(_page)


def _page() -> None:
    with st.container(key="page"):
        main, beside = st.columns(2, gap=None)
    with main, st.container(key="chat", gap=None):
        masthead("Ask")
        settings = settings_or_stop()
        assistant = library_door(settings)
        fill_with_samples(assistant, settings)
        open_chat.load(assistant)
        ways_to_chats(assistant)
        turns = st.container(key="turns", gap=None)
        with st.container(key="question-box"):
            within_door(assistant)
            st.chat_input(
                "Ask a question",
                key="typed",
                max_chars=LONGEST_TYPED,
                on_submit=open_chat.ask_typed,
                args=(assistant.chats,),
            )
            model_door(assistant)
        with st.container(key="clicks"):
            state = st.session_state
            copies = {turn: copy_text(each.reply) for turn, each in enumerate(state.exchanges) if each.reply}
            watch_clicks(state.latest, state.step, state.opened, open_chat.open_citation, copies)
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
        '<p class="lead">Ask your news library. Every sentence of an answer is cited. Click a citation to open '
        f'the article at that sentence.</p><p class="aside">{size}. {SAMPLE_LIBRARY if offered else ""}</p>'
    )
    if not offered:
        return
    if may_edit():
        link_to("Library", "Add your own articles on the Library page")
    with st.container(key="offered", gap=None):
        for number, question in enumerate(offered):
            st.button(
                as_label(question),
                key=f"offered-{number}",
                on_click=open_chat.ask,
                args=(assistant.chats, question),
                type="tertiary",
                width="stretch",
            )


def _turns(assistant: Assistant, settings: Settings) -> None:
    """The chat. The open question is answered last, after everything else is drawn."""
    exchanges = st.session_state.exchanges
    if not exchanges:
        _welcome(assistant, settings)
    places = [st.container(key=f"turn-{turn}", gap="small") for turn in range(len(exchanges))]
    for turn, exchange in enumerate(exchanges):
        if not exchange.waiting:
            with places[turn]:
                show_exchange(assistant.chats, turn, exchange)
    if st.session_state.problem:
        notice(st.session_state.problem)
    uncovered = st.session_state.uncovered
    waiting = next((turn for turn, exchange in enumerate(exchanges) if exchange.waiting), None)
    if waiting is not None:
        with places[waiting]:
            show_question(assistant.chats, waiting, exchanges[waiting].question, exchanges[waiting].conditions)
            with st.spinner("Searching"):
                answer(assistant, waiting)
        st.rerun()
    elif uncovered is not None and uncovered < len(exchanges):
        with places[uncovered], st.spinner("Comparing the outlets"):
            kept = cover(assistant, uncovered)
        if kept:
            st.rerun()
    if exchanges:
        with st.container(key="next", gap=None):
            show_suggestions(assistant)


def _reader(assistant: Assistant) -> None:
    turn, number = st.session_state.opened
    exchange = st.session_state.exchanges[turn]
    citations = open_chat.citations_of(exchange)
    article_id = next(citation.article_id for citation in citations if citation.number == number)
    try:
        article = assistant.library.article(article_id)
    except UnknownArticle:
        notice("This article is no longer in the library.")
        st.button("Close", on_click=open_chat.close_reader)
        return
    of_this_article = [moved(citation, article) for citation in citations if citation.article_id == article_id]
    unnumbered = [each.number for each in exchange.reply.more]
    show_article(article, of_this_article, number, st.session_state.opening, open_chat.close_reader, unnumbered)
