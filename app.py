"""The page: `streamlit run app.py`, or `make run` for the same page with the security headers."""

import streamlit as st

from rag.ui import ask
from rag.ui.pages import pages

st.set_page_config(page_title="Second Source", page_icon=str(ask.ICON), layout="wide")
st.navigation(pages(), position="hidden").run()
