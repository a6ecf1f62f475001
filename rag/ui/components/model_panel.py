"""The language model on the page: choose it, test it, watch it write, and stop it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import streamlit as st

from rag.errors import SecondSourceError
from rag.reply import Filters, Reply, Turn
from rag.ui.html.answer_html import answer_html
from rag.ui.html.escape import as_html, as_text

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.models.language_model import Model

OWN_WORDS = "The articles' own sentences"
HOW_TO_ADD = (
    "No language model is set up, so answers are the articles' own sentences. To add one: install the extra "
    "(<code>.venv/bin/python -m pip install -r requirements-model.txt</code>), download a small model "
    "(<code>.venv/bin/python -m rag model pull</code>) or set SECOND_SOURCE_LANGUAGE_MODEL, and restart the app."
)
STAYS = "Passages stay on this machine."
LEAVES = "Each question and passages of your articles are sent to {}."
STOPPED = "Stopped. This is what was written so far."


def model_door(assistant: Assistant) -> None:
    """The choice of who writes the answers, with a button to test it."""
    try:
        models = {model.written: model for model in assistant.models}
    except SecondSourceError as error:
        models = {}
        st.html(f'<p class="aside">{as_html(str(error))}</p>')
    if "writer" not in st.session_state:
        st.session_state.writer = assistant.settings.language_model if models else None
    if "model" not in st.session_state:  # Streamlit forgets a field's value when another page is open
        st.session_state.model = st.session_state.writer
    with st.container(key="model-door"), st.popover("Answer mode", type="tertiary"):
        if not models:
            st.html(f'<p class="aside">{HOW_TO_ADD}</p>')
            return
        st.radio(
            "Answers are made of",
            [None, *models],
            format_func=lambda written: as_text(models[written].name) if written else OWN_WORDS,
            key="model",
        )
        st.session_state.writer = st.session_state.model
        if chosen := models.get(st.session_state.model or ""):
            st.html(f'<p class="aside">{as_html(_where(chosen))}</p>')
            if st.button("Test", key="try-model"):
                st.html(f'<p class="aside" role="status">{as_html(_tried(assistant, chosen))}</p>')


def watched(assistant: Assistant, question: str, filters: Filters, chat: Sequence[Turn], turn: int) -> Reply:
    """The answer. The text so far is shown meanwhile, with a button to stop the model."""
    model = st.session_state.get("writer")
    draft: Reply | None = st.session_state.pop("draft", None)
    if st.session_state.pop("stopped", False) and draft is not None:
        return replace(draft, note=STOPPED)
    if not model and not assistant.settings.language_model:
        return assistant.ask(question, filters, chat)
    if model:
        st.button("Stop", key="stop", on_click=_stop)
    place = st.empty()
    reply = None
    for reply in assistant.replies(question, filters, chat, model):
        if reply.answered_by not in ("extract", "small_talk", "library"):
            st.session_state.draft = reply
            place.html(answer_html(turn, reply, None))
    st.session_state.pop("draft", None)
    assert reply is not None
    return reply


def _stop() -> None:
    st.session_state.stopped = True


def _where(model: Model) -> str:
    return LEAVES.format(model.address) if model.leaves_the_machine else STAYS


def _tried(assistant: Assistant, model: Model) -> str:
    try:
        return f"{model.name} answered in {assistant.try_model(model.written):.1f} seconds."
    except SecondSourceError as error:
        return f"{error}."
