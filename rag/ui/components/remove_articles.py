"""Removing articles on the page, which can be undone for a minute."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from rag.errors import SecondSourceError
from rag.evaluation.report import forget
from rag.text.words import counted
from rag.ui.access import editors_only, may_edit
from rag.ui.html.escape import as_html
from rag.ui.jobs.ingest_job import adding
from rag.ui.startup import notice

if TYPE_CHECKING:
    from rag.assistant import Assistant
    from rag.library.undo import Removed

UNDO_FOR = 60.0
"""Seconds in which a removal can be undone."""
LOOKED_AGAIN = 5.0
"""Seconds between two checks whether it still can."""
WHAT_WENT = "Its words were also removed from saved answers. Your files are not deleted."
WHAT_ALL_WENT = "Their words were also removed from saved answers. Your files are not deleted."
_PROBLEM = "removal-problem"


class LatestRemoval:
    """The process's latest removal. It holds the words of the articles, so it is dropped after a minute."""

    def __init__(self) -> None:
        self.removed: Removed | None = None
        self.what = ""

    def keep(self, removed: Removed, what: str) -> None:
        """Hold what was removed for `UNDO_FOR` seconds, or until the next removal."""
        self.removed, self.what = removed, what
        timer = threading.Timer(UNDO_FOR, self._drop, [removed])
        timer.daemon = True
        timer.start()

    def take(self) -> Removed | None:
        """What was removed, to put it back; None if it is too late."""
        removed, self.removed = self.removed, None
        return removed

    def _drop(self, removed: Removed) -> None:
        if self.removed is removed:
            self.removed = None


@st.cache_resource(show_spinner=False)
def latest_removal() -> LatestRemoval:
    """The process's only LatestRemoval."""
    return LatestRemoval()


def remove_articles(assistant: Assistant, ids: Sequence[str], what: str = "") -> None:
    """Remove the articles `ids` from the library and from this page. `what` names them in the notice."""
    try:
        removed = assistant.library.remove_to_undo(ids)
        forget(ids, assistant.library.folder)
    except SecondSourceError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    latest_removal().keep(removed, what or counted(len(ids), "article"))
    adding().forget(set(ids))
    st.query_params.pop("article", None)
    st.session_state["tables"] = st.session_state.get("tables", 0) + 1


remove = editors_only(remove_articles)
"""`remove_articles` for a button."""


def show_undo(assistant: Assistant) -> None:
    """What was removed within the last minute, with a button that undoes it."""
    if problem := st.session_state.pop(_PROBLEM, None):
        notice(problem)
    if latest_removal().removed and may_edit():
        with st.container(key="undo"):
            st.fragment(_undo, run_every=LOOKED_AGAIN)(assistant)


def _undo(assistant: Assistant) -> None:
    latest = latest_removal()
    if latest.removed is None:
        st.rerun()
    several = len(latest.removed.ids) > 1
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        said = f"Removed: {as_html(latest.what)}. {WHAT_ALL_WENT if several else WHAT_WENT}"
        st.html(f'<p class="aside" role="status">{said}</p>', width="stretch")
        if st.button("Undo", key="undo-removal"):
            _put_back(assistant)
            st.rerun()


@editors_only
def _put_back(assistant: Assistant) -> None:
    removed = latest_removal().take()
    if removed is None:
        return
    try:
        back = assistant.library.put_back(removed)
    except SecondSourceError as error:
        st.session_state[_PROBLEM] = str(error)
        return
    if len(back) < len(removed.ids):
        st.session_state[_PROBLEM] = (
            f"{len(back)} of {counted(len(removed.ids), 'article')} are back. The others were added again meanwhile."
        )
    st.session_state["tables"] = st.session_state.get("tables", 0) + 1
