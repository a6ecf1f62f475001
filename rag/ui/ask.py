"""The page people ask on: a chat, and beside it the article that a citation opens."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import streamlit as st

from rag.article import Article, Citation, Filters, Reply, Turn
from rag.errors import SecondSourceError, UnknownArticle
from rag.settings import Settings
from rag.ui.answer import answer_html, citation_label, considered_html, manner_html, question_html
from rag.ui.clicks import watch_clicks
from rag.ui.describe import conditions, counted, shortened
from rag.ui.escape import as_label
from rag.ui.frame import framed, masthead, settings_or_stop
from rag.ui.model import model_door, watched
from rag.ui.opening import fill_with_samples, library_door, link_to, notice, offered_questions
from rag.ui.reader import show_article
from rag.ui.work import UNEXPECTED

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.ui.coverage import Section

logger = logging.getLogger(__name__)
ICON = Path(__file__).with_name("icon.svg")
SAMPLE_LIBRARY = "This is the sample library: its events, people and outlets are invented."


@dataclass(frozen=True)
class Exchange:
    """One question of the chat with its reply, or with the message why there is none."""

    question: str
    reply: Reply | None = None
    problem: str | None = None
    labels: dict[str, str] = field(default_factory=dict)
    """What the articles of the passages considered were called when the question was asked, by their ids."""
    section: Section | None = None
    """Who says what about it, where the answer draws on two outlets or more."""
    undated: frozenset[str] = frozenset()
    """Those of the articles that a condition on dates could not be applied to."""


@dataclass(frozen=True)
class Asked:
    """A question that waits for its answer, and its place in the chat: a new one, or that of the answer it replaces.

    `filters` are its conditions; where they are None they are read from the question.
    """

    question: str
    turn: int
    filters: Filters | None = None


def show() -> None:
    """Draw the page."""
    _begin()
    framed(_page)


def _begin() -> None:
    state: dict[str, Any] = {"exchanges": [], "asked": None, "opened": None, "opening": 0, "latest": -1, "step": 0}
    state["uncovered"] = None
    for name, start in state.items():
        st.session_state.setdefault(name, start)


def _page() -> None:
    with st.container(key="page"):
        chat, beside = st.columns(2, gap=None)
    with chat, st.container(key="chat", gap=None):
        with masthead("Ask"):
            if st.session_state.exchanges:
                st.button("New chat", type="tertiary", on_click=_new_chat, width="content")
        settings = settings_or_stop()
        assistant = library_door(settings)
        fill_with_samples(assistant, settings)
        turns = st.container(key="turns", gap=None)
        with st.container(key="question-box"):
            st.chat_input("Ask a question", key="typed", on_submit=_ask_typed)
            model_door(assistant)
        with st.container(key="clicks"):
            watch_clicks(st.session_state.latest, st.session_state.step, st.session_state.opened, _open_citation)
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
                on_click=_ask,
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
                _exchange(turn, exchange)
    if asked:
        with places[asked.turn]:
            _answer(assistant, asked)
    elif st.session_state.uncovered is not None and st.session_state.uncovered < len(exchanges):
        with places[st.session_state.uncovered], st.spinner("Laying the outlets side by side"):
            _cover(assistant, st.session_state.uncovered)


def _exchange(turn: int, exchange: Exchange) -> None:
    _question(turn, exchange.question, exchange.reply.filters if exchange.reply else Filters())
    with st.container(gap="small"):
        if exchange.problem:
            notice(exchange.problem)
        if exchange.reply:
            _reply(turn, exchange, exchange.reply)
            if exchange.section:
                label = f"Who says what: {as_label(exchange.section.statement)}"
                with st.expander(label, key=f"coverage-{turn}", type="compact", expanded=True):
                    st.html(exchange.section.html)
                    link_to("Coverage", "Open in Coverage", question=exchange.reply.query)
            elif _draws_on_several(exchange.reply):
                st.button("Who says what", key=f"cover-{turn}", on_click=_wait_for_section, args=(turn,))


def _question(turn: int, question: str, filters: Filters) -> None:
    """A question with its conditions, each of which a click takes away."""
    st.html(question_html(question))
    with st.container(key=f"conditions-{turn}", horizontal=True, vertical_alignment="center", gap="xsmall"):
        if filters:
            st.html('<p class="aside">Only</p>', width="content")
        for number, (words, without) in enumerate(conditions(filters)):
            st.button(
                as_label(shortened(words)), key=f"condition-{turn}-{number}", on_click=_ask_again, args=(turn, without)
            )


def _reply(turn: int, exchange: Exchange, reply: Reply) -> None:
    opened = st.session_state.opened
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
    if reply.reason == "outside_filters":
        st.button("Ask again without conditions", key=f"anywhere-{turn}", on_click=_ask_again, args=(turn, Filters()))
    with st.container(key=f"foot-{turn}", gap=None):
        if reply.retrieved:
            name = "Nearest passages" if reply.abstained else "Passages considered"
            with st.expander(name, key=f"considered-{turn}", type="compact"):
                st.html(considered_html(reply, exchange.labels, exchange.undated))
        if manner := manner_html(reply):
            st.html(manner)


def _answer(assistant: Assistant, asked: Asked) -> None:
    """Answer the question that was asked, keep the exchange, and draw the page again with it.

    The question is kept until then: a click in the meantime starts the page over, and with it the answering.
    """
    _question(asked.turn, asked.question, asked.filters or Filters())
    with st.spinner("Reading"):
        exchange = _asked(assistant, asked)
        exchanges = st.session_state.exchanges
        st.session_state.exchanges = [*exchanges[: asked.turn], exchange, *exchanges[asked.turn + 1 :]]
        st.session_state.asked = None
        st.session_state.step += 1
    st.rerun()


def _draws_on_several(reply: Reply) -> bool:
    return not reply.abstained and len({each.outlet or each.article_id for each in reply.citations}) > 1


def _wait_for_section(turn: int) -> None:
    st.session_state.uncovered = turn


def _cover(assistant: Assistant, turn: int) -> None:
    """Look up who says what about the question of a turn, and draw the page again with it."""
    from rag.ui.coverage import section_of  # late: it brings the libraries along, which take seconds to import

    exchanges = st.session_state.exchanges
    reply = exchanges[turn].reply
    section = None
    if reply:
        before = [Turn(kept.question, kept.reply.answer) for kept in exchanges[:turn] if kept.reply]
        try:
            coverage = assistant.coverage(reply.question, reply.filters, before)
            section = section_of(coverage, turn, len(reply.citations))
        except SecondSourceError as error:
            logger.warning("who says what could not be looked up: %s", error)
        except Exception:
            logger.exception("who says what could not be looked up: %r", reply.question)
    st.session_state.uncovered = None
    if section:
        covered = replace(exchanges[turn], section=section)
        st.session_state.exchanges = [*exchanges[:turn], covered, *exchanges[turn + 1 :]]
        st.rerun()


def _asked(assistant: Assistant, asked: Asked) -> Exchange:
    """The question with its answer; where there is none, with why, beside the answer it had."""
    exchanges = st.session_state.exchanges
    before = [Turn(kept.question, kept.reply.answer) for kept in exchanges[: asked.turn] if kept.reply]
    unanswered = exchanges[asked.turn] if asked.turn < len(exchanges) else Exchange(asked.question)
    try:
        reply = watched(assistant, asked.question, asked.filters, before, asked.turn)
        articles = list(_held(assistant, {passage.article_id for passage in reply.retrieved}))
    except SecondSourceError as error:
        return replace(unanswered, problem=str(error))
    except Exception:
        logger.exception("the question could not be answered: %r", asked.question)
        return replace(unanswered, problem=UNEXPECTED)
    return Exchange(
        asked.question,
        reply,
        labels={article.id: article.label for article in articles},
        undated=frozenset(article.id for article in articles if reply.filters.leaves_open(article)),
    )


def _held(assistant: Assistant, ids: Collection[str]) -> Iterator[Article]:
    """Those of the articles that are still there: one may have been removed while the question was answered."""
    for id in ids:
        with suppress(UnknownArticle):
            yield assistant.library.article(id)


def forget(ids: Collection[str]) -> None:
    """Take out of the open chat what it has of the articles `ids`, because they have been removed."""
    _begin()
    _close_reader()
    left = []
    for kept in st.session_state.exchanges:
        if kept.reply and any(citation.article_id in ids for citation in kept.reply.citations):
            continue
        if kept.reply:
            considered = tuple(passage for passage in kept.reply.retrieved if passage.article_id not in ids)
            kept = replace(kept, reply=replace(kept.reply, retrieved=considered))
        left.append(kept)
    st.session_state.exchanges = left


def _reader(assistant: Assistant) -> None:
    turn, number = st.session_state.opened
    citations = _citations(st.session_state.exchanges[turn])
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
    _wait_for(Asked(question, len(st.session_state.exchanges)))


def _ask_again(turn: int, filters: Filters) -> None:
    """Ask the question of a turn once more under these conditions, unless a question is being answered already."""
    if not st.session_state.asked:
        _wait_for(Asked(st.session_state.exchanges[turn].question, turn, filters))


def _wait_for(asked: Asked) -> None:
    _close_reader()
    st.session_state.asked, st.session_state.latest = asked, asked.turn
    st.session_state.step += 1


def _new_chat() -> None:
    _close_reader()
    st.session_state.exchanges, st.session_state.asked, st.session_state.uncovered = [], None, None


def _choose_pill(turn: int) -> None:
    number = st.session_state[_pills_key(turn)]
    if number is None:
        _close_reader()
    else:
        _open_citation(turn, number)


def _open_citation(turn: int, number: int) -> None:
    """Open the article of a citation, however it was chosen; one that the turn does not cite, or is about to lose, is
    ignored.
    """
    exchanges, asked = st.session_state.exchanges, st.session_state.asked
    citations = _citations(exchanges[turn]) if turn < len(exchanges) else ()
    if (asked and asked.turn == turn) or number not in [citation.number for citation in citations]:
        return
    _close_reader()
    st.session_state.opened = (turn, number)
    st.session_state.opening += 1
    cited = [citation.number for citation in exchanges[turn].reply.citations]
    st.session_state[_pills_key(turn)] = number if number in cited else None


def _citations(exchange: Exchange) -> tuple[Citation, ...]:
    """Those of the answer and of who says what, each with a number of its own."""
    return (
        *(exchange.reply.citations if exchange.reply else ()),
        *(exchange.section.citations if exchange.section else ()),
    )


def _close_reader() -> None:
    if st.session_state.opened:
        st.session_state[_pills_key(st.session_state.opened[0])] = None
    st.session_state.opened = None


def _pills_key(turn: int) -> str:
    return f"cited-{turn}"
