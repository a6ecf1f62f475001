"""Events: the articles that report one, and those of the latest news to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from rag.article import Article
from rag.errors import UnknownArticle
from rag.library.article_rows import Listed
from rag.library.library import Library

SAME_EVENT = 0.45
"""Cosine of two articles' mean vectors above which they tell of one event: of 646 pairs of the development set that do,
0.94 are above it, and 0.84 of those above it do.
"""
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

    An article with a headline that the most others are near to (`SAME_EVENT`) leads these; they are taken out, and so
    on: a leader clustering (Hartigan, 1975).
    """
    held, vectors = [], []
    for each in library.listed()[:LATEST]:
        vector = library.vector(each.id)
        if vector.any():
            held.append(each)
            vectors.append(vector)
    if not held:
        return []
    matrix = np.stack(vectors)
    near = matrix @ matrix.T >= SAME_EVENT
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
        if nearness[id] >= SAME_EVENT:
            with suppress(UnknownArticle):  # removed since the index was asked
                articles.append(library.article(id))
    return articles[:MOST_ARTICLES]
