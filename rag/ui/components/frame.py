"""The frame of every page: style, header with links to the other pages, and error messages."""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from rag.errors import UsageError
from rag.settings import Settings, read_settings
from rag.ui.access import admit, log_out_button
from rag.ui.jobs.background import UNEXPECTED
from rag.ui.navigation import offered
from rag.ui.startup import notice

logger = logging.getLogger(__name__)
_STYLES = [Path(__file__).with_name(name) for name in ("page.css", "first_screen.css")]
_lost = st.components.v2.component(
    "second_source_lost", js=Path(__file__).with_name("lost.js").read_text(encoding="utf-8")
)


def framed(page: Callable[[], None]) -> None:
    """Draw a page for people with access. Unexpected errors are logged and shown as one sentence."""
    for style in _STYLES:
        st.html(style)
    with st.container(key="lost"):
        _lost(key="lost-component")
    trouble = st.empty()
    try:
        admit()
        page()
    except UsageError as error:
        with trouble:
            notice(str(error))
    except Exception:
        logger.exception("the page could not be drawn")
        with trouble:
            notice(UNEXPECTED)


def masthead(here: str) -> DeltaGenerator:
    """The name and the links from the page titled `here` to the others. Returns the container, for further elements."""
    place = st.container(key="masthead", horizontal=True, vertical_alignment="center")
    with place:
        # A link of our own: a page link would stay in the chat that is open, and this one starts anew.
        st.html('<h1 class="name"><a href="./" target="_self">Second Source</a></h1>')
        for page in offered():
            if page.title == here:
                st.html(f'<span class="here" aria-current="page">{here}</span>', width="content")
            else:
                st.page_link(page, width="content")
        log_out_button()
    return place


def settings_or_stop() -> Settings:
    """The settings from the environment; if one is wrong, the page stops with a message."""
    try:
        return read_settings()
    except UsageError as error:
        notice(str(error))
        st.stop()
