"""The way from page to page. Pages are known by their titles; app/app.py says what each of them shows."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

_PAGES: dict[str, st.Page] = {}


def offer(pages: Sequence[st.Page]) -> None:
    """Make the pages known under their titles, in the order of the masthead."""
    _PAGES.update({page.title: page for page in pages})


def offered() -> list[st.Page]:
    """The pages, in the order of the masthead."""
    return list(_PAGES.values())


def page_titled(title: str) -> st.Page:
    """The page of that title."""
    return _PAGES[title]


def link_to(title: str, label: str, **asks: str) -> None:
    """A link to the page titled `title`, whose address asks about `asks`."""
    st.page_link(page_titled(title), label=label, width="content", query_params=asks or None)
