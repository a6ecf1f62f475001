"""The open chat, as the session keeps it: its exchanges, what waits for an answer, and the citation that is open."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import streamlit as st

from rag.article import Citation, Filters, Reply

if TYPE_CHECKING:
    from rag.ui.coverage import Section


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


def begin() -> None:
    """Make what is missing of the session's state."""
    state: dict[str, Any] = {"exchanges": [], "asked": None, "uncovered": None, "opened": None, "opening": 0}
    state |= {"latest": -1, "step": 0}
    for name, start in state.items():
        st.session_state.setdefault(name, start)


def ask_typed() -> None:
    """Ask what was typed."""
    ask(st.session_state.typed)


def ask(question: str) -> None:
    """Ask a question after those of the open chat."""
    wait_for(Asked(question, len(st.session_state.exchanges)))


def ask_again(turn: int, filters: Filters) -> None:
    """Ask the question of a turn once more under these conditions, unless a question is being answered already."""
    if not st.session_state.asked:
        wait_for(Asked(st.session_state.exchanges[turn].question, turn, filters))


def ask_who_says_what(turn: int) -> None:
    """Have it looked up who says what about the question of a turn."""
    st.session_state.uncovered = turn


def wait_for(asked: Asked) -> None:
    """Have the question answered when the page is drawn next."""
    close_reader()
    st.session_state.asked, st.session_state.latest = asked, asked.turn
    st.session_state.step += 1


def new_chat() -> None:
    """Start over."""
    close_reader()
    st.session_state.exchanges, st.session_state.asked, st.session_state.uncovered = [], None, None


def forget(ids: Collection[str]) -> None:
    """Take out of the open chat what it has of the articles `ids`, because they have been removed."""
    begin()
    close_reader()
    left = []
    for kept in st.session_state.exchanges:
        if kept.reply and any(citation.article_id in ids for citation in kept.reply.citations):
            continue
        if kept.reply:
            considered = tuple(passage for passage in kept.reply.retrieved if passage.article_id not in ids)
            kept = replace(kept, reply=replace(kept.reply, retrieved=considered))
        left.append(kept)
    st.session_state.exchanges = left


def choose_pill(turn: int) -> None:
    """Open the citation whose button was pressed; pressed once more, close it."""
    number = st.session_state[pills_key(turn)]
    if number is None:
        close_reader()
    else:
        open_citation(turn, number)


def open_citation(turn: int, number: int) -> None:
    """Open the article of a citation, however it was chosen; one that the turn does not cite, or is about to lose, is
    ignored.
    """
    exchanges, asked = st.session_state.exchanges, st.session_state.asked
    citations = citations_of(exchanges[turn]) if turn < len(exchanges) else ()
    if (asked and asked.turn == turn) or number not in [citation.number for citation in citations]:
        return
    close_reader()
    st.session_state.opened = (turn, number)
    st.session_state.opening += 1
    cited = [citation.number for citation in exchanges[turn].reply.citations]
    st.session_state[pills_key(turn)] = number if number in cited else None


def citations_of(exchange: Exchange) -> tuple[Citation, ...]:
    """Those of the answer and of who says what, each with a number of its own."""
    return (
        *(exchange.reply.citations if exchange.reply else ()),
        *(exchange.section.citations if exchange.section else ()),
    )


def close_reader() -> None:
    """Close the article beside the chat, if one is open."""
    if st.session_state.opened:
        st.session_state[pills_key(st.session_state.opened[0])] = None
    st.session_state.opened = None


def pills_key(turn: int) -> str:
    """The key of the buttons of the citations of a turn."""
    return f"cited-{turn}"
