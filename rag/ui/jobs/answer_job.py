"""Answering the open question of a chat, or finding who says what about it."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from rag.chats.chats import turns
from rag.errors import SecondSourceError
from rag.ui.components.model_panel import watched
from rag.ui.jobs.background import UNEXPECTED
from rag.ui.jobs.suggestion_job import opening, suggesting

if TYPE_CHECKING:
    from rag.assistant import Assistant

logger = logging.getLogger(__name__)


def answer(assistant: Assistant, turn: int) -> None:
    """Answer the question of a turn of the open chat, and save the reply or the error.

    A click meanwhile draws the page again and restarts this. After a reload, or in another tab, the second call waits
    for the first.
    """
    exchanges = st.session_state.exchanges
    exchange = exchanges[turn]
    for search in (suggesting(), opening()):
        search.cancel()  # the answer has priority
    with assistant.chats.answering(exchange.id) as waiting:
        if not waiting:
            return
        try:
            before = turns(exchanges[:turn])
            if before and (reading := st.session_state.reading):
                before[-1] = replace(before[-1], reading=reading)
            reply = watched(assistant, exchange.question, exchange.conditions, before, turn)
            assistant.chats.answered(exchange.id, reply)
        except SecondSourceError as error:
            assistant.chats.failed(exchange.id, str(error))
        except Exception:
            logger.exception("the question of exchange %d could not be answered", exchange.id)
            assistant.chats.failed(exchange.id, UNEXPECTED)
    st.session_state.step += 1


def cover(assistant: Assistant, turn: int) -> bool:
    """Find who says what about the question of a turn, and save it with the answer. Returns whether it worked."""
    from rag.ui.html.coverage_html import (
        section_of,  # imported late: it takes seconds
    )

    exchanges = st.session_state.exchanges
    exchange = exchanges[turn]
    st.session_state.uncovered = None
    if reply := exchange.reply:
        try:
            coverage = assistant.coverage(reply.question, reply.filters, turns(exchanges[:turn]))
            section = section_of(coverage, turn, len(reply.citations) + len(reply.more))
            assistant.chats.covered(exchange.id, section)
        except SecondSourceError as error:
            logger.warning("who says what could not be looked up: %s", error)
        except Exception:
            logger.exception("who says what could not be looked up for exchange %d", exchange.id)
        else:
            return True
    return False
