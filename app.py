"""The page: `streamlit run app.py`, or `make run` for the same page with the security headers."""

import streamlit as st

from rag.ui.navigation import offer
from rag.ui.pages import ask_page, coverage_page, evaluation_page, library_page

PAGES = [
    st.Page(ask_page.show, title="Ask", url_path="ask", default=True),
    st.Page(coverage_page.show, title="Coverage", url_path="coverage"),
    st.Page(library_page.show, title="Library", url_path="library"),
    st.Page(evaluation_page.show, title="Evaluation", url_path="evaluation"),
]

st.set_page_config(page_title="Second Source", page_icon=str(ask_page.ICON), layout="wide")
offer(PAGES)
st.navigation(PAGES, position="hidden").run()
