"""The app in this process, opened on one of its pages."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from rag.settings import ROOT


def app_at(title: str) -> AppTest:
    """The app opened on the page titled `title`: an AppTest cannot follow a link to another page."""
    source = (ROOT / "rag" / "ui" / "app" / "app.py").read_text("utf-8").replace(", default=True", "")
    return AppTest.from_string(source.replace(f'title="{title}"', f'title="{title}", default=True'), default_timeout=60)


def open_citation(page: AppTest, turn: int, number: int) -> AppTest:
    """The page after a click on a citation: AppTest cannot click a link in HTML."""
    page.session_state["opened"] = (turn, number)
    return page.run()
