"""Everything about one event, outlet by outlet: claims, quotes, origins, time and people, each with its sentences."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from rag.article import Article, Excerpt, outlet_key
from rag.coverage.claims import Claim, claim
from rag.coverage.events import of_one_event
from rag.coverage.origins import Origin, origins
from rag.coverage.people import Person, people
from rag.coverage.quotes import QuoteRow, ledger
from rag.coverage.sentence_coverage import claim_of
from rag.coverage.timeline import TimelineEntry, timeline
from rag.library.library import Library
from rag.models.embedding import Embedding
from rag.reply import ArticleReading, SaysYes, ScoredSentence
from rag.text.words import counted

Read = Callable[[Sequence[Article]], Sequence[tuple[str, Sequence[ArticleReading]]]]
"""Reads articles with a question: for each part of it its words, and a reading of each article."""
Near = Callable[[Sequence[Article]], Sequence[ScoredSentence]]
"""The sentences of articles, each with how near it comes to the one that is asked about."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What the library has on the event that a question is about. `articles` are those that tell of it."""

    question: str
    articles: tuple[Article, ...]
    claims: tuple[Claim, ...]
    quotes: tuple[QuoteRow, ...]
    origins: tuple[Origin, ...]
    timeline: tuple[TimelineEntry, ...]
    people: tuple[Person, ...]
    timings: Mapping[str, int] = field(default_factory=dict)
    sentence: Excerpt | None = None
    """What is asked about, where that is a sentence of an article."""

    @property
    def outlets(self) -> int:
        """How many outlets cover the event; an article without one counts for itself."""
        return len(set(map(outlet_key, self.articles)))

    @property
    def statement(self) -> str:
        """How many cover the event, how many answer, and how many origins there are, in one sentence."""
        if not self.articles:
            return "No article in the library is about this."
        writers = len({each.writer for each in self.origins})
        covers = "" if self.outlets != 1 else "s"
        said = f"{counted(self.outlets, 'outlet')} cover{covers} this, from {counted(writers, 'origin')}"
        if not self.claims:
            return f"{said}."
        answering = max(each.answering for each in self.claims)
        verb = "answer" if self.sentence is None else "speak"
        return (
            f"{said}; {answering} {verb}{'' if answering != 1 else 's'} {'it' if self.sentence is None else 'of it'}."
        )


def cover(
    library: Library,
    embedding: Embedding,
    question: str,
    found: Sequence[str],
    *,
    reading: Read = lambda _: (),
    says_yes: SaysYes = lambda *_: None,
    sentence: Excerpt | None = None,
    near: Near = lambda _: (),
) -> Coverage:
    """Put together what the library has on one event.

    Args:
        library, embedding: where the articles are, and the model that embedded them.
        question: what is asked, the event's headline, or the words of a sentence.
        found: the ids of the articles that were found for it, best first; the first one's event is meant.
        reading: reads the event's articles with the question, where one is asked.
        says_yes: whether sentences say yes to it.
        sentence: the sentence of an article that is asked about, where one is.
        near: the sentences near to it.
    """
    start = time.perf_counter()
    laps: dict[str, int] = {}

    def lap(name: str) -> None:
        laps[f"{name}_ms"] = round((time.perf_counter() - start) * 1000) - sum(laps.values())

    articles = of_one_event(library, found)
    lap("event")
    written = origins(library, articles)
    lap("origins")
    claims: tuple[Claim, ...]
    if sentence:
        claims = (claim_of(sentence, near(articles), articles, written, library, embedding),)
    else:
        claims = tuple(claim(asked, read, written, library, embedding, says_yes) for asked, read in reading(articles))
    lap("claims")
    quotes = ledger(library, embedding, articles)
    lap("quotes")
    dated = timeline(library, articles)
    lap("timeline")
    named = people(library, articles)
    lap("people")
    return Coverage(
        question, tuple(articles), claims, tuple(quotes), tuple(written), tuple(dated), tuple(named),
        laps | {"total_ms": sum(laps.values())}, sentence,
    )  # fmt: skip
