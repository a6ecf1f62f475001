"""The page people ask on: a chat, and beside it the article that a citation opens."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from rag.article import Reply, Turn
from rag.errors import SecondSourceError, UnknownArticle
from rag.settings import Settings
from rag.ui.answer import answer_html, citation_label, considered_html, question_html
from rag.ui.clicks import watch_clicks
from rag.ui.describe import counted
from rag.ui.escape import as_label
from rag.ui.opening import fill_with_samples, library_door, notice, offered_questions
from rag.ui.reader import show_article

if TYPE_CHECKING:
    from rag.assistant import Assistant

logger = logging.getLogger(__name__)
ICON = Path(__file__).with_name("icon.svg")
_STYLE = Path(__file__).with_name("page.css")
UNEXPECTED = "Something unexpected went wrong. The details are in the app's log."
SAMPLE_LIBRARY = (
    "This is the sample library: its events, people and outlets are invented. To add your own articles, stop the app "
    "and run <code>python -m rag ingest FOLDER</code>."
)


@dataclass(frozen=True)
class Exchange:
    """One question of the chat with its reply, or with the message why there is none."""

    question: str
    reply: Reply | None = None
    problem: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    """What the articles of the passages considered were called when the question was asked, by their ids."""


def show() -> None:
    """Draw the page; whatever goes wrong unexpectedly is logged, and said in a sentence."""
    st.html(_STYLE)
    state: dict[str, Any] = {"exchanges": [], "asked": None, "opened": None, "opening": 0}
    for name, start in state.items():
        st.session_state.setdefault(name, start)
    trouble = st.empty()
    try:
        _page(Settings())
    except Exception:
        logger.exception("the page could not be drawn")
        with trouble:
            notice(UNEXPECTED)


def _page(settings: Settings) -> None:
    with st.container(key="page"):
        chat, beside = st.columns(2, gap=None)
    with chat, st.container(key="chat", gap=None):
        _masthead()
        assistant = library_door(settings)
        fill_with_samples(assistant, settings)
        turns = st.container(key="turns", gap=None)
        with st.container(key="question-box"):
            st.chat_input("Ask a question", key="typed", on_submit=_ask_typed)
        with st.container(key="clicks"):
            count, waiting = len(st.session_state.exchanges), st.session_state.asked is not None
            watch_clicks(count if waiting else count - 1, not waiting, st.session_state.opened, _open_citation)
    if st.session_state.opened:
        with beside, st.container(key="reader"):
            _reader(assistant)
    with turns:
        if not st.session_state.exchanges and not st.session_state.asked:
            _welcome(assistant, settings)
        for turn, exchange in enumerate(st.session_state.exchanges):
            with st.container(key=f"turn-{turn}", gap="small"):
                _exchange(turn, exchange)
        if st.session_state.asked:
            with st.container(key=f"turn-{len(st.session_state.exchanges)}", gap="small"):
                _answer(assistant)


def _masthead() -> None:
    with st.container(key="masthead", horizontal=True, vertical_alignment="center"):
        st.html('<h1 class="name">Second Source</h1>')
        if st.session_state.exchanges:
            st.button("New chat", type="tertiary", on_click=_new_chat, width="content")


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
    with st.container(key="offered", gap=None):
        for number, question in enumerate(offered):
            st.button(
                as_label(question),
                key=f"offered-{number}",
                on_click=_ask,
                args=(question,),
                type="tertiary",
                width="stretch",
            )


def _exchange(turn: int, exchange: Exchange) -> None:
    opened = st.session_state.opened
    st.html(question_html(exchange.question))
    if exchange.problem:
        notice(exchange.problem)
    reply = exchange.reply
    if not reply:
        return
    st.html(answer_html(turn, reply, opened[1] if opened and opened[0] == turn else None))
    if reply.citations and not reply.abstained:
        labels = {citation.number: citation_label(citation) for citation in reply.citations}
        st.pills(
            "Citations",
            list(labels),
            format_func=labels.__getitem__,
            key=_pills_key(turn),
            on_change=_choose_pill,
            args=(turn,),
            label_visibility="collapsed",
        )
    if reply.retrieved:
        with st.expander(
            "Nearest passages" if reply.abstained else "Passages considered", key=f"considered-{turn}", type="compact"
        ):
            st.html(considered_html(reply, exchange.labels))


def _answer(assistant: Assistant) -> None:
    """Answer the question that was asked, keep the exchange, and draw the page again with it.

    The question is kept until then: a click in the meantime starts the page over, and with it the answering.
    """
    question = st.session_state.asked
    st.html(question_html(question))
    with st.spinner("Reading"):
        exchange = _asked(assistant, question)
        st.session_state.exchanges = [*st.session_state.exchanges, exchange]
        st.session_state.asked = None
    st.rerun()


def _asked(assistant: Assistant, question: str) -> Exchange:
    try:
        reply = assistant.ask(question, chat=_earlier_turns())
        ids = {passage.article_id for passage in reply.retrieved}
        return Exchange(question, reply, labels={id: assistant.library.article(id).label for id in ids})
    except SecondSourceError as error:
        return Exchange(question, problem=str(error))
    except Exception:
        logger.exception("the question could not be answered: %r", question)
        return Exchange(question, problem=UNEXPECTED)


def _earlier_turns() -> list[Turn]:
    return [Turn(kept.question, kept.reply.answer) for kept in st.session_state.exchanges if kept.reply]


def _reader(assistant: Assistant) -> None:
    turn, number = st.session_state.opened
    citations = st.session_state.exchanges[turn].reply.citations
    article_id = next(citation.article_id for citation in citations if citation.number == number)
    try:
        article = assistant.library.article(article_id)
    except UnknownArticle:
        notice("This article is no longer in the library.")
        st.button("Close", on_click=_close_reader)
        return
    of_this_article = [citation for citation in citations if citation.article_id == article_id]
    show_article(article, of_this_article, number, st.session_state.opening, _close_reader)


def _ask_typed() -> None:
    _ask(st.session_state.typed)


def _ask(question: str) -> None:
    st.session_state.asked = question
    _close_reader()


def _new_chat() -> None:
    _close_reader()
    st.session_state.exchanges, st.session_state.asked = [], None


def _choose_pill(turn: int) -> None:
    number = st.session_state[_pills_key(turn)]
    if number is None:
        _close_reader()
    else:
        _open_citation(turn, number)


def _open_citation(turn: int, number: int) -> None:
    """Open the article of a citation, however it was chosen; a number that the turn does not cite is ignored."""
    exchanges = st.session_state.exchanges
    reply = exchanges[turn].reply if turn < len(exchanges) else None
    if not reply or number not in [citation.number for citation in reply.citations]:
        return
    _close_reader()
    st.session_state.opened = (turn, number)
    st.session_state.opening += 1
    st.session_state[_pills_key(turn)] = number


def _close_reader() -> None:
    if st.session_state.opened:
        st.session_state[_pills_key(st.session_state.opened[0])] = None
    st.session_state.opened = None


def _pills_key(turn: int) -> str:
    return f"cited-{turn}"
