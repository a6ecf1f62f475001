"""Which articles tell of one event: those near to the one that answers a question best."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from rag.article import Article
from rag.errors import UnknownArticle
from rag.library.library import Library

SAME_EVENT = 0.45
"""Cosine of two articles' mean vectors above which they tell of one event: of 646 pairs of the development set that do,
0.94 are above it, and 0.84 of those above it do.
"""
PASSAGES_LOOKED_AT = 200
MOST_ARTICLES = 40


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
