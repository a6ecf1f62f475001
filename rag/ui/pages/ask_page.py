"""The Ask page: a chat, and a reader for the cited articles."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from rag.errors import UnknownArticle
from rag.ui.components import open_chat
from rag.ui.components.add_articles import drop_files
from rag.ui.components.chat_list import ways_to_chats
from rag.ui.components.chat_turn import LONGEST_TYPED, show_exchange, show_question
from rag.ui.components.clicks import watch_clicks
from rag.ui.components.collection_picker import within_door
from rag.ui.components.first_screen import show_first_screen, show_heading
from rag.ui.components.frame import framed, masthead, settings_or_stop
from rag.ui.components.model_panel import model_door
from rag.ui.components.reader_pane import moved, show_article
from rag.ui.components.remove_articles import show_undo
from rag.ui.components.samples import retire_samples, samples_banner
from rag.ui.html.answer_html import copy_text
from rag.ui.html.labels import shortened
from rag.ui.jobs.answer_job import answer, cover
from rag.ui.jobs.suggestion_job import show_suggestions
from rag.ui.startup import fill_with_samples, library_door, notice

if TYPE_CHECKING:
    from rag.assistant import Assistant

ICON = Path(__file__).with_name("icon.svg")


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
        with st.container(key="news"):  # always drawn, so that nothing below it moves
            retire_samples(assistant, settings)
            show_undo(assistant)
            news = st.container()
        fill_with_samples(assistant, settings, drop_files)
        open_chat.load(assistant)
        new = not st.session_state.exchanges
        if not new:
            name = assistant.chats.chat(st.session_state.chat).name
            st.set_page_config(page_title=f"{shortened(name)} · Second Source")
        if new:
            with news:
                samples_banner(assistant, settings)
        ways_to_chats(assistant)
        turns = st.container(key="heading" if new else "turns", gap=None)
        with st.container(key="question-box", gap=None):
            st.chat_input(
                "Ask a question",
                key="typed",
                max_chars=LONGEST_TYPED,
                on_submit=open_chat.ask_typed,
                args=(assistant.chats,),
            )
            with st.container(key="question-chips", horizontal=True, vertical_alignment="center", gap="xsmall"):
                within_door(assistant)
                model_door(assistant)
        with st.container(key="clicks"):
            state = st.session_state
            copies = {turn: copy_text(each.reply) for turn, each in enumerate(state.exchanges) if each.reply}
            watch_clicks(state.latest, state.step, state.opened, open_chat.open_citation, copies, new)
        below = st.container(key="below", gap=None)
    if st.session_state.opened:
        with beside, st.container(key="reader"):
            _reader(assistant)
    with turns:
        if new:
            if st.session_state.problem:
                notice(st.session_state.problem)
            show_heading(assistant)
        else:
            _turns(assistant)
    if new:
        with below:
            show_first_screen(assistant, settings)


def _turns(assistant: Assistant) -> None:
    """The chat. The open question is answered last, after everything else is drawn."""
    exchanges = st.session_state.exchanges
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
