"""Opening the library: once per process, with a message while it takes time, and with samples if it is empty."""

from __future__ import annotations

import gc
import json
import logging
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import streamlit as st

from rag.errors import SecondSourceError
from rag.settings import Settings
from rag.text.words import counted
from rag.ui.access import editors_only, may_edit
from rag.ui.html.escape import as_html, as_label
from rag.ui.html.labels import shortened
from rag.ui.jobs.background import stop_all
from rag.ui.jobs.ingest_job import IngestJob, adding
from rag.ui.navigation import link_to

if TYPE_CHECKING:
    from rag.assistant import Assistant

OPENING = "Opening the library. The first start takes up to half a minute."
FILLING = (
    "Your library is empty, so a small sample library is being added: articles written for this project, about "
    "invented events."
)
FIRST_ARTICLES = "Your first articles are being added. You can ask questions as soon as one is ready."
SAMPLES = "the sample articles"
LONGEST_TITLE = 80
FEW_ARTICLES = 200  # a library of the person's own; questions about the samples would only be in the way

logger = logging.getLogger(__name__)


def library_door(settings: Settings) -> Assistant:
    """The process's Assistant, opened at the first visit; if that fails, the page stops with the reason."""
    waiting = st.empty()
    try:
        with waiting.container(key="waiting"), st.spinner(OPENING):
            assistant = open_library(settings)
    except SecondSourceError as error:
        waiting.empty()
        notice(str(error))
        st.button("Try again")
        st.stop()
    waiting.empty()
    return assistant


def fill_with_samples(
    assistant: Assistant, settings: Settings, ways_in: Callable[[Assistant], None] = lambda assistant: None
) -> None:
    """Add the sample articles to a library that never had any, with a progress bar.

    Every open page shows the same progress, and closing or reloading a page does not interrupt it. If the library
    stays empty, the page stops and explains how to fill it. `ways_in` draws what is offered there to add articles.
    """
    work = adding()
    held = assistant.library.status().articles
    if held and not (work.running and work.what == SAMPLES):
        return
    if not held and not work.running:
        if not samples_there(settings) or assistant.library.catalogue.removals() or not may_edit():
            _empty(assistant, settings, ways_in)
        add_samples(assistant, settings)
    st.html(f'<p class="lead">{FILLING if work.what == SAMPLES else FIRST_ARTICLES}</p>')
    bar = st.progress(0.0)
    while work.running and (work.what == SAMPLES or not assistant.library.status().articles):
        bar.progress(min(work.done / max(work.total, 1), 1.0), text=so_far(work))
        time.sleep(0.1)
    if work.what == SAMPLES and not assistant.library.status().articles:
        failed = [f"{event.source}: {event.reason}." for event in work.events if event.outcome == "failed"]
        notice(" ".join(filter(None, ["The sample articles could not be added.", work.problem, *failed[:3]])))
        st.button("Try again")
        st.stop()
    if work.what == SAMPLES:
        work.forget()  # the progress has been shown
    st.rerun()


def samples_there(settings: Settings) -> bool:
    """Whether there are sample articles."""
    return (settings.samples / "articles").is_dir()


@editors_only
def add_samples(assistant: Assistant, settings: Settings) -> None:
    """Start adding the sample articles, unless articles are being added already."""
    adding().start(SAMPLES, lambda: assistant.ingest([settings.samples / "articles"]))


def so_far(work: IngestJob) -> str:
    """The label of the progress bar."""
    if not work.total:
        return "Reading the articles"
    return f"{work.done:,} of {counted(work.total, 'article')}: {as_label(shortened(work.current, LONGEST_TITLE))}"


def _empty(assistant: Assistant, settings: Settings, ways_in: Callable[[Assistant], None]) -> None:
    """Explain how to fill an empty library; stops the page."""
    if not may_edit():
        st.html('<p class="lead">This library is still empty. Ask again when an editor has added articles.</p>')
        st.stop()
    st.html('<p class="lead">Your library is empty. Add articles, then ask questions about them.</p>')
    ways_in(assistant)
    with st.container(horizontal=True, vertical_alignment="center"):
        link_to("Library", "Add articles on the Library page")
        if samples_there(settings):
            st.button("Add the sample library", on_click=add_samples, args=(assistant, settings))
    st.stop()


def offered_questions(assistant: Assistant, settings: Settings, file: str = "questions.json") -> list[str]:
    """The questions in `file` next to the samples, offered if the library has the samples and little else."""
    if assistant.library.status().articles > FEW_ARTICLES or not samples_held(assistant, settings):
        return []
    return [question for question, _ in sample_questions(settings, file)]


def sample_questions(settings: Settings, file: str = "questions.json") -> list[tuple[str, str]]:
    """The questions in `file` next to the samples, each with its kind ("" if the file states none)."""
    try:
        offered = json.loads((settings.samples / file).read_text(encoding="utf-8"))
        return [(str(entry["question"]), str(entry.get("kind", ""))) for entry in offered]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        logger.warning("no questions are offered: %s", error)
        return []


def samples_held(assistant: Assistant, settings: Settings) -> list[str]:
    """The ids of the sample articles that are in the library."""
    return assistant.library.catalogue.in_folder(str(settings.samples.resolve()))


def notice(text: str) -> None:
    """A calm message about something that went wrong, its text shown as it is."""
    st.html(f'<p class="notice" role="alert">{as_html(text)}</p>')


def _let_go(assistant: Assistant) -> None:
    stop_all()
    assistant.close()


@st.cache_resource(show_spinner=False, on_release=_let_go)
def open_library(_settings: Settings) -> Assistant:
    """The process's one Assistant. Raises as `Assistant.open` does."""
    # Imported here because it takes seconds (the models, the indexes), and the page has words to show meanwhile.
    from rag.assistant import Assistant

    assistant = Assistant.open(_settings)
    # A garbage collection stops every thread for a quarter of a second, because the libraries have some hundred
    # thousand objects. They stay, so they are left out of later collections.
    gc.collect()
    gc.freeze()
    return assistant
