"""Answering what the open chat waits for: a question, or who says what about it."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from rag.article import Article, Turn
from rag.errors import SecondSourceError, UnknownArticle
from rag.ui.chat import Asked, Exchange
from rag.ui.work import UNEXPECTED

if TYPE_CHECKING:
    from rag.assistant import Assistant

logger = logging.getLogger(__name__)


def answer(assistant: Assistant, asked: Asked) -> None:
    """Answer the question that was asked, and put the exchange in its place.

    The question is kept until then: a click in the meantime starts the page over, and with it the answering.
    """
    exchange = _answered(assistant, asked)
    exchanges = st.session_state.exchanges
    st.session_state.exchanges = [*exchanges[: asked.turn], exchange, *exchanges[asked.turn + 1 :]]
    st.session_state.asked = None
    st.session_state.step += 1


def cover(assistant: Assistant, turn: int) -> None:
    """Look up who says what about the question of a turn, and put it under its answer."""
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


def _answered(assistant: Assistant, asked: Asked) -> Exchange:
    """The question with its answer; where there is none, with why, beside the answer it had."""
    exchanges = st.session_state.exchanges
    before = [Turn(kept.question, kept.reply.answer) for kept in exchanges[: asked.turn] if kept.reply]
    unanswered = exchanges[asked.turn] if asked.turn < len(exchanges) else Exchange(asked.question)
    try:
        reply = assistant.ask(asked.question, asked.filters, before)
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
