"""Finding questions to suggest in a background thread: after an answer, and for a new chat."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from rag.chats.suggested_questions import Suggestion, opening_questions, suggestions
from rag.errors import SecondSourceError
from rag.ui.components import open_chat
from rag.ui.html.escape import as_label
from rag.ui.jobs.background import BackgroundWork

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.chats.exchange import Exchange
    from rag.coverage.events import Event
    from rag.reply import Reply

READING = 1.5
"""Seconds before the search starts, so that the machine is free for a click on the answer."""
LOOKED_AGAIN = 2.0
"""Seconds between two checks for results."""
EVENTS = 6
"""How many of the latest events a new chat shows."""


class SuggestionJob(BackgroundWork):
    """The suggestions for the process's chats, valid until an article is removed."""

    def __init__(self) -> None:
        super().__init__()
        self._found: dict[tuple[int, tuple[str, ...]], tuple[str, ...]] = {}
        """By exchange and the hashes of its answer, which change when it is asked again."""
        self._removals = 0

    def suggested(self, assistant: Assistant, exchanges: Sequence[Exchange]) -> tuple[str, ...] | None:
        """Questions to ask after the last of `exchanges`, which the library can answer; None while searching."""
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


class OpeningJob(BackgroundWork):
    """The latest events, and questions about them for a new chat. Both are found anew when an article changes."""

    def __init__(self) -> None:
        super().__init__()
        self.events: tuple[Event, ...] | None = None
        """None until they are known."""
        self.questions: tuple[Suggestion, ...] = ()
        self._of_events = self._of_questions = -1
        """The state of the library that they were found in."""

    def complete(self, assistant: Assistant, ask: bool) -> bool:
        """Whether all is found, with questions if `ask`. If not, the search is started unless it is running."""
        changes = assistant.library.catalogue.article_changes()
        complete = self._of_events == changes and (not ask or self._of_questions == changes)
        if not complete and self.begin():
            self.run("search for questions for a new chat", lambda: self._look(assistant, changes, ask))
        return complete

    def _look(self, assistant: Assistant, changes: int, ask: bool) -> None:
        from rag.coverage.events import events  # imported late: it takes seconds

        if self._of_events != changes:
            self.events, self.questions = tuple(events(assistant.library, EVENTS)), ()
            self._of_events = changes
        if not ask or self._of_questions == changes:
            return
        found: list[Suggestion] = []
        for question in opening_questions(assistant.library, self._asking(assistant), self.events or ()):
            found.append(question)
            if len(found) > len(self.questions):
                self.questions = tuple(found)
        self._of_questions = changes

    def _asking(self, assistant: Assistant) -> Callable[[str], Reply]:
        def ask(question: str) -> Reply:
            if self.cancelled:
                raise Cancelled
            return assistant.ask(question)

        return ask


class Cancelled(SecondSourceError):
    """The search ended because somebody asks a question, which goes first. It starts again with the next new chat."""


@st.cache_resource(show_spinner=False)
def suggesting() -> SuggestionJob:
    """The process's only SuggestionJob."""
    return SuggestionJob()


@st.cache_resource(show_spinner=False)
def opening() -> OpeningJob:
    """The process's only OpeningJob."""
    return OpeningJob()


def show_suggestions(assistant: Assistant) -> None:
    """Draw the suggested questions as soon as they are known.

    They are drawn as a fragment, so that the rest of the page stays as it is.
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
