"""Articles being taken into the library by the app: how far that is, and what became of each."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from queue import SimpleQueue
from typing import TYPE_CHECKING

import streamlit as st

from rag.errors import LibraryError, UsageError
from rag.ui.jobs.background import BackgroundWork

if TYPE_CHECKING:
    from collections.abc import Generator

    from rag.ingestion.pipeline import IngestEvent

CANCELLED = "The adding was cancelled on the page. What was reported is kept."


class IngestJob(BackgroundWork):
    """One way in at a time: the library has one writer. `what` says in words what is being added."""

    def __init__(self) -> None:
        super().__init__()
        self.what = ""
        self.done = self.total = 0
        self.current = ""
        self.events: list[IngestEvent] = []
        self.began = self.ended = 0.0

    @property
    def outcomes(self) -> Counter[str]:
        """How many articles came to what."""
        return Counter(event.outcome for event in list(self.events))

    @property
    def seconds(self) -> float:
        """How long it takes, or took."""
        return (time.monotonic() if self.running else self.ended) - self.began

    def start(self, what: str, events: Callable[[], Iterator[IngestEvent]]) -> bool:
        """Take in what `events` tells of; False, and nothing, while something else is being taken in."""
        if not self.begin():
            return False
        self.what, self.events, self.current = what, [], ""
        self.done = self.total = 0
        self.began = self.ended = time.monotonic()
        self.run("adding of articles", lambda: self._take(events()))
        return True

    def forget(self, ids: Collection[str] | None = None) -> None:
        """Drop what was told of the articles `ids`, which are no longer there; of None, everything."""
        self.events = [event for event in self.events if ids is not None and event.article_id not in ids]
        if ids is None:
            self.what, self.problem = "", None

    def _take(self, events: Iterator[IngestEvent]) -> None:
        try:
            with closing(_closable(events)) as stream:
                for event in stream:
                    self.done, self.total = event.done, event.total
                    self.current = event.title or event.source
                    if event.outcome != "fetching":
                        self.events.append(event)
                    if self.cancelled:
                        return
        finally:
            self.ended = time.monotonic()


def _closable(events: Iterator[IngestEvent]) -> Generator[IngestEvent, None, None]:
    yield from events


@st.cache_resource(show_spinner=False)
def adding() -> IngestJob:
    """The process's one Adding."""
    return IngestJob()


def take_in(what: str, events: Callable[[], Iterator[IngestEvent]]) -> Iterator[IngestEvent]:
    """Take in what `events` tells of, as something that the page shows, and tell of it here too.

    Closing the iterator ends it between two articles. Raises UsageError while something else is being taken in, and
    LibraryError, at the end, with what ended it before it was done.
    """
    told: SimpleQueue[IngestEvent | None] = SimpleQueue()

    def told_of() -> Iterator[IngestEvent]:
        try:
            with closing(_closable(events())) as stream:
                for event in stream:
                    told.put(event)
                    yield event
        finally:
            told.put(None)

    work = adding()
    if not work.start(what, told_of):
        raise UsageError("Other articles are being added on the page just now. Wait until that is done.")
    return _heard(work, told)


def _heard(work: IngestJob, told: SimpleQueue[IngestEvent | None]) -> Iterator[IngestEvent]:
    try:
        while event := told.get():
            yield event
    except GeneratorExit:  # nobody listens any longer
        work.cancel()
        raise
    work.wait(5)
    if problem := work.problem or (CANCELLED if work.cancelled else None):
        raise LibraryError(problem)
