"""Answering what the open chat waits for: a question, or who says what about it."""

from __future__ import annotations

import logging
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from rag.chats.chats import turns
from rag.errors import SecondSourceError
from rag.ui.components.model_panel import watched
from rag.ui.jobs.background import UNEXPECTED
from rag.ui.jobs.suggestion_job import suggesting

if TYPE_CHECKING:
    from rag.assistant import Assistant

logger = logging.getLogger(__name__)


def answer(assistant: Assistant, turn: int) -> None:
    """Answer the question of a turn of the open chat, and keep the reply, or why there is none.

    The question waits until then: a click in the meantime starts the page over, and with it the answering. After a
    reload, or in another tab, whoever comes second waits for the answer that is being made.
    """
    exchanges = st.session_state.exchanges
    exchange = exchanges[turn]
    suggesting().cancel()  # an answer that is waited for comes first
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
    """Look up who says what about the question of a turn, and keep it with its answer; whether that could be done."""
    from rag.ui.html.coverage_html import (
        section_of,  # late: it brings the libraries along, which take seconds to import
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
