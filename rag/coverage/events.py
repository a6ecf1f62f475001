"""Events: the articles that report one, and those of the latest news to choose from."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.article import Article
from rag.errors import UnknownArticle
from rag.library.article_rows import Listed
from rag.library.library import Library
from rag.text.names import name_words, plain

FAR_APART = 0.3
"""Cosine of two articles' mean vectors below which no names make them one event."""
FEWEST_NAMES = 4
"""An article that has fewer is compared as if it had so many: one name that both have says little."""
OPENING = 1500
"""Characters of an article, with its headline, whose names are compared: later ones are often of other events."""
PASSAGES_LOOKED_AT = 200
MOST_ARTICLES = 40
LATEST = 300
"""How many of the latest articles are looked at: choosing is for what is news; for the rest there are questions."""

LEADS_TRIED = 5


@dataclass(frozen=True, slots=True)
class Event:
    """Articles of several outlets that are near to one of them, their `lead`."""

    lead: Article
    articles: tuple[Listed, ...]

    @property
    def outlets(self) -> int:
        """How many outlets tell of it; an article without one counts for itself."""
        return len({each.outlet or each.id for each in self.articles})

    @property
    def days(self) -> tuple[str, str] | None:
        """The first and the last day (ISO) on which an article was published; None where all are undated."""
        dates = sorted(each.published[:10] for each in self.articles if each.published)
        return (dates[0], dates[-1]) if dates else None


def events(library: Library, most: int) -> list[Event]:
    """The events among the latest articles that several outlets tell of, at most `most`, those of the most outlets
    first.

    An article with a headline whose event (`same_event`) the most others report leads these; they are taken out, and
    so on: a leader clustering (Hartigan, 1975).
    """
    held, vectors = [], []
    for each in library.listed()[:LATEST]:
        vector = library.vector(each.id)
        if vector.any():
            held.append(each)
            vectors.append(vector)
    if not held:
        return []
    near = _near(library, [each.id for each in held], np.stack(vectors))
    left = near.copy()
    found: list[Event] = []
    while left.any():
        neighbours = left.sum(axis=1)
        members = np.flatnonzero(left[neighbours.argmax()])
        by_nearness = members[np.argsort(-neighbours[members], kind="stable")][:LEADS_TRIED]
        with suppress(UnknownArticle):  # removed since the list was made
            leads = [(n, library.article(held[n].id)) for n in by_nearness]
            n, lead = next((each for each in leads if each[1].title), leads[0])
            found.append(Event(lead, tuple(held[m] for m in np.flatnonzero(near[n]))))
        left[members, :] = left[:, members] = False
        if len(members) == 1:  # and so are all that are left
            break
    found = [event for event in found if event.outlets > 1]
    return sorted(found, key=lambda event: (-event.outlets, -len(event.articles)))[:most]


def of_one_event(library: Library, found: Sequence[str]) -> list[Article]:
    """The articles that tell of the same event as the first of `found`, nearest first, at most MOST_ARTICLES.

    `found` are ids of articles, the best first: those that a question found.
    """
    if not found:
        return []
    lead = library.vector(found[0])
    near = library.passages([id for id, _ in library.by_meaning(lead.tolist(), PASSAGES_LOOKED_AT)])
    ids = dict.fromkeys([*found, *(passage.article_id for passage in near.values())])
    nearness = {id: float(library.vector(id) @ lead) for id in ids}
    articles = []
    for id in sorted(nearness, key=lambda id: -nearness[id]):
        if nearness[id] >= FAR_APART:
            with suppress(UnknownArticle):  # removed since the index was asked
                articles.append(library.article(id))
    if not articles:
        return []
    first = next((each for each in articles if each.id == found[0]), articles[0])
    named = opening_names(first)
    same = [
        each
        for each in articles
        if each.id == first.id or same_event(nearness[each.id], shared_names(named, opening_names(each)))
    ]
    return same[:MOST_ARTICLES]


def same_event(cosine: float, shared: float) -> bool:
    """Whether two articles report one event, by the cosine of their mean vectors and the share of names that both have.

    `python -m benchmarks.fit_events` fitted the weights; events.json has them with their figures.
    """
    return likelihood(cosine, shared) >= _fitted()["threshold"]


def likelihood(cosine: float, shared: float) -> float:
    """How likely two articles report one event, from 0 to 1."""
    weights = _fitted()
    logit = weights["constant"] + weights["cosine"] * cosine + weights["names"] * shared
    return float(1 / (1 + np.exp(-logit)))


def opening_names(article: Article) -> set[str]:
    """The names in the headline and the first OPENING characters, in the form in which they are compared."""
    opening = f"{article.title or ''}. {article.text[:OPENING]}"
    return {plain(word) for _, word in name_words(opening)}


def shared_names(one: set[str], other: set[str]) -> float:
    """The share of the names of the article that has fewer, FEWEST_NAMES at least, that both have: from 0 to 1."""
    return len(one & other) / max(FEWEST_NAMES, min(len(one), len(other)))


def _near(library: Library, ids: Sequence[str], vectors: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Which of the articles report one event: (articles, articles)."""
    cosines = vectors @ vectors.T
    near = np.eye(len(ids), dtype=bool)
    pairs = np.argwhere(np.triu(cosines >= FAR_APART, 1)).tolist()
    named: dict[int, set[str]] = {}
    for n in sorted({n for pair in pairs for n in pair}):
        with suppress(UnknownArticle):  # removed since the list was made
            named[n] = opening_names(library.article(ids[n]))
    for n, m in pairs:
        if n in named and m in named:
            shared = shared_names(named[n], named[m])
            near[n, m] = near[m, n] = same_event(float(cosines[n, m]), shared)
    return near


@cache
def _fitted() -> dict[str, float]:
    fitted: dict[str, float] = json.loads(Path(__file__).with_name("events.json").read_text("utf-8"))["weights"]
    return fitted
