"""The dialog that removes articles, with a list of what will be deleted."""

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
    "Their texts, earlier versions, corrections, and their words in saved answers will be deleted permanently. Answers "
    "that cite them keep a mark with the hash of the words. The original files are not deleted; reading them again "
    "adds the articles again. To also overwrite unused parts of the library's files, stop the app and run: "
    "python -m rag reindex --purge"
)


@st.dialog("Remove from the library")
def ask_whether_to_remove(assistant: Assistant, ids: Sequence[str]) -> None:
    """Say what will be deleted with the articles `ids`, and remove them on confirmation."""
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
        name = f"Remove {counted(len(ids), 'article')} permanently"
        st.button(name, type="primary", key="remove-for-good", on_click=_remove, args=(assistant, ids))
        if st.button("Cancel", key="keep"):
            st.rerun()


@editors_only
def _remove(assistant: Assistant, ids: Sequence[str]) -> None:
    """Remove the articles `ids` from the library and from this page."""
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
