"""The list of saved chats: search, open, delete, rename and export them."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from rag.chats.chat_export import FORMS, export, file_name
from rag.chats.chats import LONGEST_NAME
from rag.chats.exchange import Chat
from rag.errors import UsageError
from rag.text.words import counted
from rag.ui.access import editors_only, may_edit
from rag.ui.components import open_chat
from rag.ui.components.article_panel import moment
from rag.ui.html.escape import as_html, as_label, as_text
from rag.ui.html.labels import shortened

if TYPE_CHECKING:
    from rag.assistant import Assistant

SHOWN = 30
SHOWN_OF_A_NAME = 60
_FORM_NAMES = {"md": "Markdown", "json": "JSON", "html": "Web page"}
_MIME = {"md": "text/markdown", "json": "application/json", "html": "text/html"}


def ways_to_chats(assistant: Assistant) -> None:
    """The buttons that start a new chat and show the saved ones, if there are any."""
    # Drawn from the start, so that nothing below it moves.
    with st.container(key="ways", horizontal=True, horizontal_alignment="right", gap="small"):
        if not assistant.chats.any():
            return
        if st.button("Chats", key="chats", type="tertiary"):
            st.session_state.doomed = None
            _chats(assistant)
        if st.session_state.exchanges:
            st.button("New chat", key="new-chat", type="tertiary", on_click=open_chat.open_chat, args=(None,))


@st.dialog("Chats")
def _chats(assistant: Assistant) -> None:
    if st.session_state.pop("chosen", False):
        st.rerun()  # closes the dialog
    with suppress(UsageError):  # another tab may have deleted it
        if open_id := st.session_state.chat:
            _open_chat(assistant, assistant.chats.chat(open_id))
    words = st.text_input("Search", placeholder="Search names, questions and answers", key="chat-words",
                          label_visibility="collapsed")  # fmt: skip
    found = assistant.chats.chats(words)
    if not found:
        st.html('<p class="aside">No matching chats.</p>')
    with st.container(key="chat-list", gap=None):
        for each in found[:SHOWN]:
            _row(assistant, each)
    if len(found) > SHOWN:
        st.html(f'<p class="aside">and {counted(len(found) - SHOWN, "other")}: narrow the search</p>')


def _open_chat(assistant: Assistant, kept: Chat) -> None:
    with st.container(key="open-chat", gap="small"):
        key = f"name-{kept.id}"
        st.text_input("Name of this chat", as_text(kept.name), max_chars=LONGEST_NAME, key=key, on_change=_rename,
                      args=(assistant, kept.id, key), disabled=not may_edit())  # fmt: skip
        with st.container(horizontal=True, vertical_alignment="center", gap="small"):
            st.html('<p class="aside">Save as</p>', width="content")
            for form, label in _FORM_NAMES.items():
                st.download_button(
                    label,
                    partial(_content, assistant, kept.id, form),
                    file_name(kept.name, form),
                    _MIME[form],
                    key=f"save-{form}",
                    on_click="ignore",
                    type="tertiary",
                )


def _row(assistant: Assistant, kept: Chat) -> None:
    with st.container(key=f"kept-{kept.id}", horizontal=True, vertical_alignment="center", gap="small"):
        if st.session_state.doomed == kept.id:
            st.html(f'<p class="aside">Delete <bdi>{as_html(shortened(kept.name))}</bdi>?</p>')
            st.button("Delete permanently", key=f"delete-{kept.id}", type="primary", on_click=_delete,
                      args=(assistant, kept.id))  # fmt: skip
            st.button("Cancel", key=f"keep-{kept.id}", on_click=_doom, args=(None,))
            return
        current = " (open)" if kept.id == st.session_state.chat else ""
        st.button(
            as_label(shortened(kept.name, SHOWN_OF_A_NAME)) + current,
            key=f"open-{kept.id}",
            help=as_label(f"Last asked {moment(kept.asked_at)}"),
            type="tertiary",
            width="stretch",
            on_click=_open,
            args=(kept.id,),
        )
        if may_edit():
            st.button("Delete", key=f"doom-{kept.id}", type="tertiary", on_click=_doom, args=(kept.id,))


def _content(assistant: Assistant, id: str, form: str) -> bytes:
    return FORMS[form](export(assistant.chats, assistant.library, id)).encode()


@editors_only
def _rename(assistant: Assistant, id: str, key: str) -> None:
    assistant.chats.rename(id, st.session_state[key])


def _open(id: str) -> None:
    st.session_state.chosen = True
    open_chat.open_chat(id)


def _doom(id: str | None) -> None:
    """Ask whether to delete the chat; None cancels."""
    st.session_state.doomed = id


@editors_only
def _delete(assistant: Assistant, id: str) -> None:
    st.session_state.doomed = None
    assistant.chats.delete(id)
    if id == st.session_state.chat:
        st.session_state.chosen = True
        open_chat.open_chat(None)
