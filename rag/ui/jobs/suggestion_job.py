"""What could be asked next, found in a thread of its own: nobody waits for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from rag.chats.suggested_questions import suggestions
from rag.ui.components import open_chat
from rag.ui.html.escape import as_label
from rag.ui.jobs.background import BackgroundWork

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.chats.exchange import Exchange

READING = 1.5
"""Seconds that a person is left to read, or to click on, an answer before the machine is busy with what comes next."""
LOOKED_AGAIN = 2.0
"""Seconds until it is looked again whether something was found."""


class SuggestionJob(BackgroundWork):
    """What was found for the exchanges of the process's chats, as long as no article is removed."""

    def __init__(self) -> None:
        super().__init__()
        self._found: dict[tuple[int, tuple[str, ...]], tuple[str, ...]] = {}
        """By the exchange and the hashes of its answer: asked again, it has another one."""
        self._removals = 0

    def suggested(self, assistant: Assistant, exchanges: Sequence[Exchange]) -> tuple[str, ...] | None:
        """Questions that the library answers, to ask after the last of `exchanges`; None while they are looked for."""
        last = exchanges[-1]
        if last.waiting or last.reply is None or last.reply.abstained:
            return ()
        removals = assistant.library.catalogue.count("removals")
        if removals != self._removals:
            self._found, self._removals = {}, removals
        key = (last.id, last.statements)
        if key not in self._found and self.begin():
            self.run("search for questions to suggest", lambda: self._look(assistant, exchanges, removals))
        return self._found.get(key)

    def _look(self, assistant: Assistant, exchanges: Sequence[Exchange], removals: int) -> None:
        found: list[str] = []
        self.pause(READING)
        try:
            for question in () if self.cancelled else suggestions(assistant.library, assistant.ask, exchanges):
                found.append(question)
                if self.cancelled:
                    break
        finally:
            if not self.cancelled and removals == self._removals:
                self._found[exchanges[-1].id, exchanges[-1].statements] = tuple(found)


@st.cache_resource(show_spinner=False)
def suggesting() -> SuggestionJob:
    """The process's one Suggesting."""
    return SuggestionJob()


def show_suggestions(assistant: Assistant) -> None:
    """Draw the questions to ask next after the open chat's last, as soon as it is known which.

    They are drawn by themselves: the page, and what is open on it, stays as it is when they come.
    """
    exchanges = st.session_state.exchanges
    known = suggesting().suggested(assistant, exchanges) is not None
    st.fragment(_questions, run_every=None if known else LOOKED_AGAIN)(assistant, exchanges)


def _questions(assistant: Assistant, exchanges: Sequence[Exchange]) -> None:
    questions = suggesting().suggested(assistant, exchanges)
    if questions:
        st.html('<p class="aside">Ask next</p>')
    for number, question in enumerate(questions or ()):
        if st.button(as_label(question), key=f"next-{number}", type="tertiary", width="stretch"):
            open_chat.ask(assistant.chats, question)
            st.rerun()
