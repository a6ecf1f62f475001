"""The events of the latest news: groups of articles that tell of one, for choosing among."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from rag.coverage.event import SAME_EVENT
from rag.errors import UnknownArticle
from rag.library.library import Library
from rag.library.rows import Listed

LATEST = 300
"""How many of the latest articles are looked at: choosing is for what is news; for the rest there are questions."""


@dataclass(frozen=True, slots=True)
class Event:
    """Articles of several outlets that tell of one event, those that the most others are near to first."""

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

    The article with the most others near to it (`SAME_EVENT`) leads these; they are taken out, and so on: a leader
    clustering (Hartigan, 1975).
    """
    listed = library.listed()[:LATEST]
    found = sorted(_groups(library, listed), key=lambda event: (-event.outlets, -len(event.articles)))
    return [event for event in found if event.outlets > 1][:most]


def _groups(library: Library, listed: Sequence[Listed]) -> Iterator[Event]:
    held, vectors = [], []
    for each in listed:
        with suppress(UnknownArticle):
            vector = library.vector(each.id)
            if vector.shape[0] > 1:
                held.append(each)
                vectors.append(vector)
    if not held:
        return
    matrix = np.stack(vectors)
    near = matrix @ matrix.T >= SAME_EVENT
    while near.any():
        neighbours = near.sum(axis=1)
        members = np.flatnonzero(near[neighbours.argmax()])
        yield Event(tuple(held[n] for n in members[np.argsort(-neighbours[members], kind="stable")]))
        near[members, :] = near[:, members] = False
