"""Links between the pages. Pages are registered by title in app.py."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

_PAGES: dict[str, st.Page] = {}


def offer(pages: Sequence[st.Page]) -> None:
    """Register the pages by title, in the order of the header."""
    _PAGES.update({page.title: page for page in pages})


def offered() -> list[st.Page]:
    """The pages, in the order of the header."""
    return list(_PAGES.values())


def page_titled(title: str) -> st.Page:
    """The page of that title."""
    return _PAGES[title]


def link_to(title: str, label: str, **asks: str) -> None:
    """A link to the page titled `title`, with `asks` as query parameters."""
    st.page_link(page_titled(title), label=label, width="content", query_params=asks or None)
