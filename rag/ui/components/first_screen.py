"""The first screen of a new chat: what this is, files to add, questions to try, the latest events, and recent chats."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import streamlit as st

from rag.settings import Settings
from rag.text.words import counted
from rag.ui.access import may_edit
from rag.ui.components import open_chat
from rag.ui.components.add_articles import drop_files, what_is_added
from rag.ui.components.article_panel import moment
from rag.ui.html.escape import as_label
from rag.ui.html.labels import period, shortened
from rag.ui.jobs.suggestion_job import opening
from rag.ui.navigation import link_to
from rag.ui.startup import sample_questions, samples_held

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.coverage.events import Event

WHAT_IT_DOES = "Compare what the outlets say. Every word cited."
KINDS = {
    "disagreement": "Figures that differ",
    "comparison": "Accounts compared",
    "wording": "One quote, several versions",
    "timeline": "Timeline",
    "summary": "Summary",
    "statements": "Quotes",
    "person": "Person",
    "why": "Reason",
    "correction": "Corrected figure",
}
"""What is said over a question, by its kind."""
QUESTIONS, CHATS, OUTLETS = 6, 4, 3
LONGEST_HEADLINE, LONGEST_CHAT = 90, 70
LOOKED_AGAIN = 1.0
"""Seconds between two checks for events and questions that are being looked for."""
SEARCHING = "Looking for questions that your library answers"


def show_heading(assistant: Assistant) -> None:
    """What this is, and the size of the library: above the input."""
    status = assistant.library.status()
    size = f"{counted(status.articles, 'article')} from {counted(status.outlets, 'outlet')}"
    st.html(f'<p class="lead">{WHAT_IT_DOES}</p><p class="aside">{size}</p>')


def show_first_screen(assistant: Assistant, settings: Settings) -> None:
    """All that is below the input."""
    with st.container(key="first", gap="small"):
        if may_edit():
            what_is_added(assistant)
            drop_files(assistant)
        only_samples = len(samples_held(assistant, settings)) == assistant.library.status().articles
        given = sample_questions(settings) if only_samples else []
        complete = opening().complete(assistant, ask=not given)
        st.fragment(_to_try, run_every=None if complete else LOOKED_AGAIN)(assistant, given, complete)
        _recent_chats(assistant)


def _to_try(assistant: Assistant, given: Sequence[tuple[str, str]], complete: bool) -> None:
    """The questions and events, drawn again until all are found."""
    found = opening()
    now_complete = found.complete(assistant, ask=not given)
    if now_complete and not complete:
        st.rerun()  # ends the checking
    questions = (given or [(each.question, each.kind) for each in found.questions])[:QUESTIONS]
    if questions or not now_complete:
        st.html(f"<h2>{'Questions to try' if questions else SEARCHING}</h2>")
    with st.container(key="offered"):
        for number, (question, kind) in enumerate(questions):
            label = f":small[{as_label(KINDS.get(kind, kind))}] {as_label(question)}"
            if st.button(label, key=f"offered-{number}", type="tertiary", width="stretch"):
                open_chat.ask(assistant.chats, question)
                st.rerun()
    if found.events:
        st.html("<h2>Latest events</h2>")
        with st.container(key="events"):
            for event in found.events:
                link_to("Coverage", _event_label(event), event=event.lead.id)


def _event_label(event: Event) -> str:
    outlets = list(dict.fromkeys(each.outlet for each in event.articles if each.outlet))
    named = ", ".join(outlets[:OUTLETS])
    if event.outlets > OUTLETS:
        named += f" and {counted(event.outlets - OUTLETS, 'other')}"
    size = counted(len(event.articles), "article")
    when = f" · {period(*map(date.fromisoformat, event.days))}" if event.days else ""
    headline = as_label(shortened(event.lead.label, LONGEST_HEADLINE))
    return f"{headline} :small[{as_label(named)}] :small[{as_label(size + when)}]"


def _recent_chats(assistant: Assistant) -> None:
    chats = assistant.chats.chats()[:CHATS]
    if not chats:
        return
    st.html("<h2>Recent chats</h2>")
    with st.container(key="recent", gap=None):
        for each in chats:
            label = f"{as_label(shortened(each.name, LONGEST_CHAT))} :small[{as_label(moment(each.asked_at))}]"
            st.button(
                label,
                key=f"recent-{each.id}",
                type="tertiary",
                width="stretch",
                on_click=open_chat.open_chat,
                args=(each.id,),
            )
