"""The app: its pages, and which one is open. Streamlit runs this anew for every click."""

from __future__ import annotations

import streamlit as st

from rag.settings import prepare_process


def run() -> None:
    """Show the page that is open."""
    prepare_process()
    from rag.ui.navigation import offer  # late, as the pages: they import numpy
    from rag.ui.pages import ask_page, coverage_page, evaluation_page, library_page

    pages = [
        st.Page(ask_page.show, title="Ask", url_path="ask", default=True),
        st.Page(coverage_page.show, title="Coverage", url_path="coverage"),
        st.Page(library_page.show, title="Library", url_path="library"),
        st.Page(evaluation_page.show, title="Evaluation", url_path="evaluation"),
    ]
    st.set_page_config(page_title="Second Source", page_icon=str(ask_page.ICON), layout="wide")
    offer(pages)
    st.navigation(pages, position="hidden").run()


if __name__ == "__main__":
    run()
