"""The pages of the app, in the order in which the masthead offers them."""

from __future__ import annotations

import streamlit as st

from rag.ui import ask, coverage_page, evaluation, library


def pages() -> list[st.Page]:
    """The pages, the first of them the one that the app opens on."""
    return [
        st.Page(ask.show, title="Ask", url_path="ask", default=True),
        st.Page(coverage_page.show, title="Coverage", url_path="coverage"),
        st.Page(library.show, title="Library", url_path="library"),
        st.Page(evaluation.show, title="Evaluation", url_path="evaluation"),
    ]
