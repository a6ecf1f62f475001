"""Opening the library: once per process, in words while it takes time, filled with the samples where it is empty."""

from __future__ import annotations

import json
import logging
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import streamlit as st

from rag.errors import SecondSourceError
from rag.settings import Settings
from rag.ui.describe import counted
from rag.ui.escape import as_html, as_label

if TYPE_CHECKING:
    from rag.assistant import Assistant

OPENING = "Opening the library. The first time on a machine takes up to half a minute."
FILLING = (
    "Your library is empty, so a small sample library is being read in: articles written for this project, about "
    "events that never happened."
)
FEW_ARTICLES = 200  # a library of the person's own; questions about the samples would only be in the way

logger = logging.getLogger(__name__)


@dataclass
class Progress:
    """How far the sample articles have come in; written by the thread that reads them, read by every open page."""

    started: bool = False
    finished: bool = False
    done: int = 0
    total: int = 0
    title: str = ""
    failed: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def library_door(settings: Settings) -> Assistant:
    """The process's one Assistant, opened at the first visit; where that fails, the page ends with why."""
    waiting = st.empty()
    try:
        with waiting.container(key="waiting"), st.spinner(OPENING):
            assistant = _open(settings)
    except SecondSourceError as error:
        waiting.empty()
        notice(str(error))
        st.button("Try again")
        st.stop()
    waiting.empty()
    return assistant


def fill_with_samples(assistant: Assistant, settings: Settings) -> None:
    """Read the sample articles into an empty library, with a progress bar; ends the page where there are none.

    Any page that is opened meanwhile shows the same progress, and closing or reloading one does not interrupt it.
    """
    progress = _progress()
    if assistant.library.status().articles and (progress.finished or not progress.started):
        return
    if progress.finished:  # read in before, and all removed since
        _progress.clear()
        progress = _progress()
    if not (settings.samples / "articles").is_dir():
        notice("The library is empty. Stop the app and add articles: python -m rag ingest FOLDER")
        st.stop()
    st.html(f'<p class="lead">{FILLING}</p>')
    bar = st.progress(0.0)
    _start(progress, assistant, settings)
    while not progress.finished:
        bar.progress(progress.done / max(progress.total, 1), text=_so_far(progress))
        time.sleep(0.1)
    if not assistant.library.status().articles:
        _progress.clear()
        notice("The sample articles could not be read in. " + " ".join(progress.failed[:3]))
        st.button("Try again")
        st.stop()
    st.rerun()


def offered_questions(assistant: Assistant, settings: Settings) -> list[str]:
    """The questions to offer: those about the sample articles, where the library holds them and little else."""
    if assistant.library.status().articles > FEW_ARTICLES:
        return []
    if not any(_is_sample(article.path, settings) for article in assistant.library.articles()):
        return []
    try:
        offered = json.loads((settings.samples / "questions.json").read_text(encoding="utf-8"))
        return [str(entry["question"]) for entry in offered]
    except (OSError, ValueError, KeyError, TypeError) as error:
        logger.warning("no questions are offered: %s", error)
        return []


def notice(text: str) -> None:
    """A calm message about something that went wrong, its text shown as it is."""
    st.html(f'<p class="notice" role="alert">{as_html(text)}</p>')


def _let_go(assistant: Assistant) -> None:
    assistant.close()


def _is_sample(path: str | None, settings: Settings) -> bool:
    return path is not None and Path(path).resolve().is_relative_to(settings.samples.resolve())


@st.cache_resource(show_spinner=False, on_release=_let_go)
def _open(_settings: Settings) -> Assistant:
    # Imported here because it takes seconds (the models, the indexes), and the page has words to show meanwhile.
    from rag.assistant import Assistant

    return Assistant.open(_settings)


@st.cache_resource(show_spinner=False)
def _progress() -> Progress:
    """The process's one Progress."""
    return Progress()


def _start(progress: Progress, assistant: Assistant, settings: Settings) -> None:
    with progress.lock:
        if progress.started:
            return
        progress.started = True

    def read() -> None:
        try:
            for event in assistant.ingest([str(settings.samples / "articles")]):
                progress.done, progress.total, progress.title = event.done, event.total, event.title or ""
                if event.outcome == "failed":
                    progress.failed.append(f"{event.source}: {event.reason}.")
        except SecondSourceError as error:
            progress.failed.append(str(error))
        except Exception:  # the edge of a thread: whoever waits must be told that nothing more will come
            logger.exception("the sample articles could not be read in")
            progress.failed.append("Something unexpected went wrong; the details are in the app's log.")
        finally:
            progress.finished = True

    threading.Thread(target=read, name="sample-articles", daemon=True).start()


def _so_far(progress: Progress) -> str:
    if not progress.total:
        return "Reading the articles"
    return f"{progress.done} of {counted(progress.total, 'article')}: {as_label(progress.title)}"
