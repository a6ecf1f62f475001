"""One turn of the chat: the question with its conditions, the answer with its citations, and the tools below it."""

from __future__ import annotations

import streamlit as st

from rag.chats.chats import Chats
from rag.chats.exchange import Exchange
from rag.reply import MORE, Filters, Reply
from rag.ui.components import open_chat
from rag.ui.components.article_panel import changes_html
from rag.ui.html.answer_html import (
    answer_html,
    blocks_html,
    considered_html,
    correction_html,
    manner_html,
    more_html,
    question_html,
)
from rag.ui.html.escape import as_html, as_label
from rag.ui.html.labels import conditions, shortened
from rag.ui.html.source_chips import chips_html
from rag.ui.navigation import link_to
from rag.ui.startup import notice

LONGEST_TYPED = 10_000
"""Characters that the input accepts; the search reports questions that are too long."""
IN_COVERAGE = ("quotes", "accounts", "timeline")
"""Kinds of blocks that the Coverage page shows in full."""


def show_exchange(chats: Chats, turn: int, exchange: Exchange) -> None:
    """Draw exchange number `turn` of the chat, counted from 0."""
    show_question(chats, turn, exchange.question, exchange.reply.filters if exchange.reply else Filters())
    with st.container(gap="small"):
        if exchange.problem:
            notice(exchange.problem)
        if exchange.reply:
            _reply(chats, turn, exchange, exchange.reply)
            if section := exchange.coverage:
                label = f"Who says what: {as_label(section.statement)}"
                with st.expander(label, key=f"coverage-{turn}", type="compact", expanded=True):
                    st.html(section.html)
                    link_to("Coverage", "Open in Coverage", question=exchange.reply.query)
            elif _draws_on_several(exchange):
                st.button("Who says what", key=f"cover-{turn}", on_click=open_chat.ask_who_says_what, args=(turn,))


def show_question(chats: Chats, turn: int, question: str, filters: Filters) -> None:
    """A question with its conditions, each a button that removes it."""
    if st.session_state.exchanges[turn].id == st.session_state.editing:
        _edit(chats, turn, question)
        return
    st.html(question_html(question))
    with st.container(key=f"conditions-{turn}", horizontal=True, vertical_alignment="center", gap="xsmall"):
        if filters:
            st.html('<p class="aside">Limited to</p>', width="content")
        for number, (words, without) in enumerate(conditions(filters)):
            st.button(
                as_label(shortened(words)),
                key=f"condition-{turn}-{number}",
                on_click=open_chat.ask_again,
                args=(chats, turn, without),
            )


def _edit(chats: Chats, turn: int, question: str) -> None:
    """The question to be edited. It takes the place of the old one when it is asked."""
    with st.form(f"editing-{turn}", border=False):
        key = f"edited-{turn}"
        st.text_area("Your question", question, key=key, height="content", max_chars=LONGEST_TYPED)
        with st.container(horizontal=True, gap="small"):
            st.form_submit_button("Ask", type="primary", on_click=open_chat.ask_edited, args=(chats, turn, key))
            st.form_submit_button("Cancel", on_click=open_chat.edit, args=(None,))


def _reply(chats: Chats, turn: int, exchange: Exchange, reply: Reply) -> None:
    opened = st.session_state.opened
    drawn = (turn, reply, opened[1] if opened and opened[0] == turn else None, exchange.citations)
    st.html(answer_html(*drawn))
    if reply.blocks:
        st.html(blocks_html(*drawn))
        if any(block.kind in IN_COVERAGE for block in reply.blocks) and not exchange.coverage:
            link_to("Coverage", "Open in Coverage", question=reply.query)
    citations = [citation for citation in reply.citations if not exchange.citations[citation.number].removed_at]
    if citations and not reply.abstained:
        st.html(chips_html(turn, citations, reply.more, drawn[2]))
    if reply.more and not reply.abstained:
        with st.expander(MORE, key=f"more-{turn}", type="compact"):
            st.html(more_html(*drawn))
    for correction in exchange.corrections:
        st.html(correction_html(correction))
        if correction.changes:
            with st.expander("What changed", key=f"changed-{turn}-{correction.article_id}", type="compact"):
                st.html(changes_html(correction.changes))
    if reply.reason == "outside_filters":
        st.button(
            "Retry without conditions",
            key=f"anywhere-{turn}",
            on_click=open_chat.ask_again,
            args=(chats, turn, Filters()),
        )
    with st.container(key=f"foot-{turn}", gap=None):
        if reply.retrieved:
            with st.expander("Search results", key=f"considered-{turn}", type="compact"):
                st.html(considered_html(reply, exchange.labels, exchange.undated, exchange.considered))
        if manner := manner_html(reply):
            st.html(manner)
    _tools(chats, turn, exchange)


def _tools(chats: Chats, turn: int, exchange: Exchange) -> None:
    """The tools below an answer: copy, retry, edit the question, rate."""
    with st.container(key=f"tools-{turn}", horizontal=True, vertical_alignment="center", gap="small"):
        st.html(f'<a class="copy" href="#copy-{turn}" role="button">Copy</a>', width="content")
        again = (chats, turn, exchange.conditions)
        st.button("Retry", key=f"again-{turn}", type="tertiary", on_click=open_chat.ask_again, args=again)
        st.button("Edit", key=f"edit-{turn}", type="tertiary", on_click=open_chat.edit, args=(exchange.id,))
        key = f"liked-{exchange.id}"
        st.feedback("thumbs", key=key, default=None if exchange.liked is None else int(exchange.liked),
                    on_change=open_chat.rate, args=(chats, exchange.id, key))  # fmt: skip
        if exchange.remark:
            st.html(f'<p class="aside"><bdi>{as_html(exchange.remark)}</bdi></p>')
    if exchange.liked is not None and st.session_state.rating == exchange.id:
        with st.form(f"why-{exchange.id}", border=False):
            st.text_input("What is good about it?" if exchange.liked else "What is wrong with it?",
                          exchange.remark, key=f"remark-{exchange.id}")  # fmt: skip
            if not exchange.liked:
                st.text_input(
                    "What would be right? (words that the right answer contains)",
                    exchange.expected,
                    key=f"expected-{exchange.id}",
                )
            st.form_submit_button("Save", on_click=open_chat.say_why, args=(chats, exchange.id, exchange.liked))


def _draws_on_several(exchange: Exchange) -> bool:
    outlets = {each.outlet or each.article_id for each in open_chat.citations_of(exchange)}
    reply = exchange.reply
    return bool(reply and not reply.abstained and reply.answered_by != "library" and len(outlets) > 1)
