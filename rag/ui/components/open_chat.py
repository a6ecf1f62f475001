"""The open chat: its id in the address, and the session state that is not saved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import streamlit as st

from rag.chats.chats import Chats
from rag.chats.exchange import Exchange
from rag.errors import SecondSourceError
from rag.reply import FROM_THE_QUESTION, Citation, Filters
from rag.ui.rate_limit import too_fast

if TYPE_CHECKING:
    from rag.assistant import Assistant

NOT_KEPT = "This chat does not exist or was deleted."


def begin() -> None:
    """Set the initial session state."""
    state: dict[str, Any] = {"chat": None, "exchanges": [], "problem": None, "opened": None, "opening": 0}
    state |= {"latest": -1, "step": 0, "uncovered": None}
    state |= {"rating": None, "editing": None, "within": FROM_THE_QUESTION, "reading": None}
    for name, start in state.items():
        st.session_state.setdefault(name, start)


def load(assistant: Assistant) -> None:
    """Load the chat named in the address, or the one that was open last."""
    chosen = st.query_params.get("chat") or st.session_state.chat
    changed = chosen != st.session_state.chat
    if changed:
        _leave()
    exchanges = assistant.chats.exchanges(chosen) if chosen else []
    if changed and exchanges:
        st.session_state.within = _within(exchanges[-1])
    if chosen and not exchanges:
        _leave()
        chosen, st.session_state.problem = None, NOT_KEPT
    st.session_state.chat, st.session_state.exchanges = chosen, exchanges
    _note_in_address(chosen)
    if st.session_state.opened and st.session_state.opened[1] not in _numbers(st.session_state.opened[0]):
        close_reader()


def ask_typed(chats: Chats) -> None:
    """Ask the question that was typed."""
    ask(chats, st.session_state.typed)


def ask(chats: Chats, question: str) -> None:
    """Ask the next question of the open chat, with the chosen limit. It is saved now and answered when the page is
    drawn next.
    """
    opened = st.session_state.opened
    cited = citations_of(st.session_state.exchanges[opened[0]]) if opened else ()
    st.session_state.reading = next((each.article_id for each in cited if each.number == opened[1]), None)
    close_reader()
    if problem := too_fast():
        st.session_state.problem = problem
        return
    try:
        st.session_state.chat = chats.ask(st.session_state.chat, question, st.session_state.within)
    except SecondSourceError as error:
        st.session_state.problem = str(error)
        return
    _note_in_address(st.session_state.chat)
    _bring_into_view(len(st.session_state.exchanges))


def ask_again(chats: Chats, turn: int, filters: Filters) -> None:
    """Ask the question of a turn again with these conditions, unless a question is being answered."""
    exchanges = st.session_state.exchanges
    if any(exchange.waiting for exchange in exchanges):
        return
    close_reader()
    if problem := too_fast():
        st.session_state.problem = problem
        return
    chats.ask_again(exchanges[turn].id, filters)
    _bring_into_view(turn)


def edit(id: int | None) -> None:
    """Edit the question of the exchange of that id; None stops."""
    st.session_state.editing = id


def ask_edited(chats: Chats, turn: int, key: str) -> None:
    """Ask the edited question in place of that of the turn, under the same conditions."""
    exchanges = st.session_state.exchanges
    if not st.session_state[key].strip() or any(exchange.waiting for exchange in exchanges):
        return
    edit(None)
    close_reader()
    if problem := too_fast():
        st.session_state.problem = problem
        return
    chats.ask_again(exchanges[turn].id, exchanges[turn].conditions, st.session_state[key])
    _bring_into_view(turn)


def ask_who_says_what(turn: int) -> None:
    """Request who says what about the question of a turn."""
    st.session_state.uncovered = turn


def open_chat(id: str | None) -> None:
    """Open the saved chat with that id; None starts a new one."""
    _leave()
    st.session_state.chat = id
    _note_in_address(id)


def rate(chats: Chats, id: int, key: str) -> None:
    """Save the rating of an answer, and ask why."""
    pressed = st.session_state[key]
    chats.rate(id, None if pressed is None else bool(pressed))
    st.session_state.rating = None if pressed is None else id


def say_why(chats: Chats, id: int, liked: bool) -> None:
    """Save the reason for a rating, and what would have been right."""
    state = st.session_state
    chats.rate(id, liked, state.get(f"remark-{id}", ""), state.get(f"expected-{id}", ""))
    state.rating = None


def open_citation(turn: int, number: int) -> None:
    """Open the article of a citation. Numbers that the turn does not have, or is about to lose, are ignored."""
    exchanges = st.session_state.exchanges
    if number not in _numbers(turn) or exchanges[turn].waiting:
        return
    close_reader()
    st.session_state.opened = (turn, number)
    st.session_state.opening += 1


def citations_of(exchange: Exchange) -> tuple[Citation, ...]:
    """All citations that can be opened, with the related sentences and those of the coverage."""
    cited = (*exchange.reply.citations, *exchange.reply.more) if exchange.reply else ()
    covered = exchange.coverage
    return (
        *(citation for citation in cited if not exchange.citations[citation.number].removed_at),
        *(covered.citations if covered else ()),
    )


def close_reader() -> None:
    """Close the reader, if it is open."""
    st.session_state.opened = None


def _numbers(turn: int) -> list[int]:
    """The citations of a turn that can be opened."""
    exchanges = st.session_state.exchanges
    return [citation.number for citation in citations_of(exchanges[turn])] if turn < len(exchanges) else []


def _leave() -> None:
    close_reader()
    st.session_state.uncovered, st.session_state.latest, st.session_state.problem = None, -1, None
    st.session_state.rating = st.session_state.reading = st.session_state.editing = None
    st.session_state.within = FROM_THE_QUESTION


def _within(exchange: Exchange) -> Filters:
    """The articles that the exchange was limited to, for the next question."""
    asked = exchange.conditions or (exchange.reply.filters if exchange.reply else None)
    if asked is None or not asked.within:
        return FROM_THE_QUESTION
    return Filters(articles=asked.articles, collection=asked.collection, read=True)


def _bring_into_view(turn: int) -> None:
    st.session_state.latest, st.session_state.problem = turn, None
    st.session_state.step += 1


def _note_in_address(chat: str | None) -> None:
    if chat != st.query_params.get("chat"):
        if chat:
            st.query_params["chat"] = chat
        else:
            st.query_params.pop("chat", None)
