"""Removing articles, after a word on what goes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import streamlit as st

from rag.errors import SecondSourceError
from rag.evaluation.report import forget
from rag.text.words import counted
from rag.ui.access import editors_only
from rag.ui.html.escape import as_html
from rag.ui.html.labels import credit
from rag.ui.jobs.ingest_job import adding
from rag.ui.startup import notice

if TYPE_CHECKING:
    from rag.assistant import Assistant

NAMED = 8
WHAT_GOES = (
    "Their texts and earlier versions, what was corrected in them, and their words in every kept answer go from the "
    "library for good; an answer that cites them keeps a mark with the words' hash. The files that they were read from "
    "stay where they are; reading them again brings them back. To overwrite what unused parts of the library's files "
    "may still hold, stop the app and run: python -m rag reindex --purge"
)


@st.dialog("Remove from the library")
def ask_whether_to_remove(assistant: Assistant, ids: Sequence[str]) -> None:
    """Say what goes with the articles `ids`, and remove them where that is wanted."""
    if st.session_state.pop("removed", False):
        st.rerun()  # closes the dialog
    if problem := st.session_state.pop("removal-problem", None):
        notice(problem)
    try:
        articles = [assistant.library.article(id) for id in ids[:NAMED]]
    except SecondSourceError as error:
        notice(str(error))
        return
    named = "".join(
        f"<li><bdi>{as_html(each.label)}</bdi><br><span><bdi>{as_html(credit(each))}</bdi></span></li>"
        for each in articles
    )
    more = f'<p class="aside">and {counted(len(ids) - NAMED, "other")}</p>' if len(ids) > NAMED else ""
    st.html(f'<ul class="going">{named}</ul>{more}<p class="aside">{WHAT_GOES}</p>')
    with st.container(horizontal=True):
        name = f"Remove {counted(len(ids), 'article')} for good"
        st.button(name, type="primary", key="remove-for-good", on_click=_remove, args=(assistant, ids))
        if st.button("Keep", key="keep"):
            st.rerun()


@editors_only
def _remove(assistant: Assistant, ids: Sequence[str]) -> None:
    """Remove the articles `ids`, and what this page shows of them."""
    try:
        assistant.library.remove(ids)
        forget(ids, assistant.library.folder)
    except SecondSourceError as error:
        st.session_state["removal-problem"] = str(error)
        return
    st.session_state["removed"] = True
    adding().forget(set(ids))
    st.query_params.pop("article", None)
    st.session_state["tables"] = st.session_state.get("tables", 0) + 1
