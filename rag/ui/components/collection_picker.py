"""Collections on the page: group articles under a name, ask within them, rename and delete them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from rag.errors import SecondSourceError
from rag.library.collections import LONGEST_NAME, Collection
from rag.reply import FROM_THE_QUESTION, Filters
from rag.text.words import counted
from rag.ui.access import editors_only
from rag.ui.components import open_chat
from rag.ui.html.escape import as_html, as_label, as_text
from rag.ui.html.labels import conditions, shortened
from rag.ui.navigation import page_titled
from rag.ui.startup import notice

if TYPE_CHECKING:
    from rag.assistant import Assistant

_PROBLEM, _DOOMED = "collection-problem", "doomed-collection"


def ask_within(filters: Filters) -> None:
    """Open a new chat that only uses these articles, or this collection."""
    open_chat.begin()
    open_chat.open_chat(None)
    st.session_state.within = filters
    st.switch_page(page_titled("Ask"))


def ways_with_chosen(assistant: Assistant, chosen: Sequence[str], within: Sequence[str]) -> None:
    """Add the articles `chosen` (ids) to a collection, or remove them from the collections in `within`."""
    names = [each.name for each in assistant.library.collections.all()]
    with st.popover("Add to collection", key="collect"):
        st.selectbox(
            "Collection",
            names,
            index=None,
            format_func=as_text,
            key="collect-name",
            placeholder="Choose one, or type a new name" if names else "Type a name",
            accept_new_options=True,
        )
        st.button("Add", key="collect-add", on_click=_add, args=(assistant, chosen))
    for number, name in enumerate(within):
        st.button(
            f"Remove from “{as_label(shortened(name))}”",
            key=f"take-out-{number}",
            on_click=_take_out,
            args=(assistant, name, chosen),
        )


def show_collections(assistant: Assistant) -> None:
    """The list of collections with their buttons; nothing if there are none."""
    if problem := st.session_state.pop(_PROBLEM, None):
        notice(problem)
    if collections := assistant.library.collections.all():
        with st.expander(f"Collections ({len(collections)})", type="compact", key="collections-kept"):
            for number, collection in enumerate(collections):
                _row(assistant, number, collection)


def within_door(assistant: Assistant) -> None:
    """The articles that the next question is limited to: a button that removes the limit, or the collections."""
    filters: Filters = st.session_state.within
    if filters.within:
        with st.container(key="conditions-next", horizontal=True, vertical_alignment="center", gap="xsmall"):
            st.html('<p class="aside">Limited to</p>', width="content")
            words = conditions(filters)[0][0].removeprefix("in ")
            st.button(as_label(shortened(words)), key="within-chip", on_click=_anywhere)
        return
    collections = assistant.library.collections.all()
    if collections:
        with st.container(key="within-door"), st.popover("Limited to", type="tertiary"):
            for number, each in enumerate(collections):
                label = f"{as_label(shortened(each.name))} ({counted(len(each.articles), 'article')})"
                args = (Filters(collection=each.name, read=True),)
                st.button(label, key=f"within-{number}", type="tertiary", on_click=_within, args=args)


def _row(assistant: Assistant, number: int, collection: Collection) -> None:
    name = collection.name
    with st.container(key=f"collection-{number}", horizontal=True, vertical_alignment="center", gap="small"):
        if st.session_state.get(_DOOMED) == name:
            warning = f"Delete the collection <bdi>{as_html(name)}</bdi>? Its articles stay in the library."
            st.html(f'<p class="aside">{warning}</p>', width="stretch")
            st.button("Delete permanently", key=f"collection-delete-{number}", on_click=_delete, args=(assistant, name))
            st.button("Cancel", key=f"collection-keep-{number}", on_click=_doom, args=(None,))
            return
        size = counted(len(collection.articles), "article")
        st.html(f'<p class="feed"><bdi>{as_html(name)}</bdi> <span class="aside">{size}</span></p>', width="stretch")
        if st.button("Ask within", key=f"collection-ask-{number}"):
            ask_within(Filters(collection=name, read=True))
        with st.popover("Rename", key=f"collection-name-{number}"):
            key = f"collection-new-{name}"
            st.text_input("New name", as_text(name), max_chars=LONGEST_NAME, key=key, on_change=_rename,
                          args=(assistant, name, key))  # fmt: skip
        st.button("Delete", key=f"collection-doom-{number}", on_click=_doom, args=(name,))


def _within(filters: Filters) -> None:
    st.session_state.within = filters


def _anywhere() -> None:
    st.session_state.within = FROM_THE_QUESTION


@editors_only
def _add(assistant: Assistant, chosen: Sequence[str]) -> None:
    try:
        assistant.library.collections.add(st.session_state["collect-name"] or "", chosen)
    except SecondSourceError as error:
        st.session_state[_PROBLEM] = str(error)
    else:
        st.session_state["tables"] = st.session_state.get("tables", 0) + 1


@editors_only
def _take_out(assistant: Assistant, name: str, chosen: Sequence[str]) -> None:
    try:
        assistant.library.collections.take_out(name, chosen)
    except SecondSourceError as error:
        st.session_state[_PROBLEM] = str(error)


@editors_only
def _rename(assistant: Assistant, name: str, key: str) -> None:
    try:
        assistant.library.collections.rename(name, st.session_state[key])
    except SecondSourceError as error:
        st.session_state[_PROBLEM] = str(error)


def _doom(name: str | None) -> None:
    """Ask whether to delete the collection; None cancels."""
    st.session_state[_DOOMED] = name


@editors_only
def _delete(assistant: Assistant, name: str) -> None:
    _doom(None)
    try:
        assistant.library.collections.delete(name)
    except SecondSourceError as error:
        st.session_state[_PROBLEM] = str(error)
