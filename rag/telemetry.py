"""What can be watched from outside: one line of JSON for each question and each job of ingestion, and metrics.

Ids, counts and times; never a word of what was asked, answered or read.
"""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections import Counter as Counts
from collections.abc import Generator, Iterator, Mapping
from contextlib import AbstractContextManager, closing
from typing import Any, Protocol, TypeVar

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest

from rag.errors import SecondSourceError

questions = logging.getLogger("rag.questions")
"""One line of JSON for each question."""
ingests = logging.getLogger("rag.ingests")
"""One line of JSON for each job of ingestion."""
CONTENT_TYPE = CONTENT_TYPE_LATEST
PREFIX = "second_source_"
_SECONDS = (0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 1.5, 2, 3, 5, 10, 30, 60)
_QUESTIONS = Counter(
    f"{PREFIX}questions",
    "Questions, also those tried before they are suggested, by what answered",
    ["answered_by", "reason", "error"],
)
_STAGES = Histogram(f"{PREFIX}question_seconds", "Seconds of a question, by stage", ["stage"], buckets=_SECONDS)
_STRUCK_OUT = Counter(f"{PREFIX}citations_struck_out", "Citations that failed their check, and were left out")
_ARTICLES = Counter(f"{PREFIX}articles", "Articles that were read, by what became of them", ["outcome"])
_INGESTS = Histogram(f"{PREFIX}ingest_seconds", "Seconds of a job of ingestion", buckets=(1, 5, 20, 60, 300, 1800))
_RUNNING = Gauge(f"{PREFIX}running", "What is being done now", ["job"])
_LIBRARY = Gauge(f"{PREFIX}library", "What the library holds", ["what"])


class Told(Protocol):
    """What became of an article."""

    @property
    def outcome(self) -> str: ...


T = TypeVar("T", bound=Told)


def running(job: str) -> AbstractContextManager[Any]:
    """Counts the job ("question", "ingest") as running while it is held."""
    return _RUNNING.labels(job).track_inprogress()


def note_question(line: Mapping[str, Any]) -> None:
    """Log what came of a question, and count it: `line` as `Assistant.replies` writes it."""
    questions.info(json.dumps(line))
    answered_by = line.get("answered_by") or "nothing"
    by = answered_by if answered_by in ("extract", "library", "small_talk", "nothing") else "model"
    _QUESTIONS.labels(by, line.get("reason") or "", line["error"] or "").inc()
    _STRUCK_OUT.inc(line.get("struck_out", 0))
    for name, milliseconds in line.items():
        if name.endswith("_ms"):
            _STAGES.labels(name.removesuffix("_ms")).observe(milliseconds / 1000)


def ingest(events: Generator[T, None, None]) -> Iterator[T]:
    """The events of a job of ingestion, counted as they come; at its end, however it ends, a line is logged."""
    began = time.monotonic()
    outcomes: Counts[str] = Counts()
    error: str | None = "unexpected"
    with closing(events), running("ingest"):
        try:
            for event in events:
                if event.outcome != "fetching":
                    outcomes[event.outcome] += 1
                    _ARTICLES.labels(event.outcome).inc()
                yield event
            error = None
        except GeneratorExit:
            error = "stopped"
            raise
        except SecondSourceError as failure:
            error = type(failure).__name__
            raise
        finally:
            seconds = time.monotonic() - began
            _INGESTS.observe(seconds)
            line = {"job": uuid.uuid4().hex, "error": error, **outcomes, "total_ms": round(seconds * 1000)}
            ingests.info(json.dumps(line))


def exposition(library: Mapping[str, int]) -> bytes:
    """All metrics in Prometheus' text format, with the counts of what the `library` holds."""
    for what, number in library.items():
        _LIBRARY.labels(what).set(number)
    return generate_latest()
