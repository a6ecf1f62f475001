"""The page: `streamlit run app.py`, or `make run` for the same page with the security headers."""

from rag.ui.app.app import run

run()
