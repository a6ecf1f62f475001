"""Adding articles in a background thread, with progress and outcomes."""

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

CANCELLED = "Adding was cancelled on the page. Articles that were reported as added are kept."


class IngestJob(BackgroundWork):
    """One job at a time, because the library has one writer. `what` names what is being added."""

    def __init__(self) -> None:
        super().__init__()
        self.what = ""
        self.done = self.total = 0
        self.current = ""
        self.events: list[IngestEvent] = []
        self.began = self.ended = 0.0
        self._settled = True

    @property
    def outcomes(self) -> Counter[str]:
        """The number of articles by outcome."""
        return Counter(event.outcome for event in list(self.events))

    @property
    def seconds(self) -> float:
        """How long it takes, or took."""
        return (time.monotonic() if self.running else self.ended) - self.began

    def start(self, what: str, events: Callable[[], Iterator[IngestEvent]]) -> bool:
        """Start adding the articles of `events`; returns False if another job is running."""
        if not self.begin():
            return False
        self.what, self.events, self.current = what, [], ""
        self.done = self.total = 0
        self.began = self.ended = time.monotonic()
        self._settled = False
        self.run("adding of articles", lambda: self._take(events()))
        return True

    def forget(self, ids: Collection[str] | None = None) -> None:
        """Drop the events of the articles `ids`, which were removed; None drops everything."""
        self.events = [event for event in self.events if ids is not None and event.article_id not in ids]
        if ids is None:
            self.what, self.problem = "", None

    def settle(self) -> bool:
        """Whether this is the first call since the job was started: for what is done once after it."""
        with self._lock:
            first, self._settled = not self._settled, True
            return first

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
    """The process's only IngestJob."""
    return IngestJob()


def take_in(what: str, events: Callable[[], Iterator[IngestEvent]]) -> Iterator[IngestEvent]:
    """Add the articles of `events` as a job that the page shows, and yield the events here too.

    Closing the iterator stops it between two articles. Raises UsageError if another job is running, and LibraryError at
    the end if the job ended early.
    """
    queue: SimpleQueue[IngestEvent | None] = SimpleQueue()

    def forwarded() -> Iterator[IngestEvent]:
        try:
            with closing(_closable(events())) as stream:
                for event in stream:
                    queue.put(event)
                    yield event
        finally:
            queue.put(None)

    work = adding()
    if not work.start(what, forwarded):
        raise UsageError("Other articles are being added on the page. Wait until that is finished.")
    return _received(work, queue)


def _received(work: IngestJob, queue: SimpleQueue[IngestEvent | None]) -> Iterator[IngestEvent]:
    try:
        while event := queue.get():
            yield event
    except GeneratorExit:  # nobody is listening any more
        work.cancel()
        raise
    work.wait(5)
    if problem := work.problem or (CANCELLED if work.cancelled else None):
        raise LibraryError(problem)
