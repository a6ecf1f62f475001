"""Several articles on one event in a few sentences: the ones nearest to what all of them tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from rag.article import Article, Sentence
from rag.querying.compose import alike
from rag.querying.holdings import SENTENCES_READ, whole_sentences
from rag.querying.search import Searcher

MOST_SENTENCES, MOST_WORDS = 6, 170
MOST_ARTICLES = 8
REPEATS = 0.72
"""Cosine from which a sentence tells what one already taken does."""
CONFIRMED, EARLY = 0.35, 0.12
"""What it counts, beside the cosine to the whole, how near another outlet comes to a sentence, and how early it is."""


@dataclass(frozen=True, slots=True)
class Main:
    """A sentence of a digest, and the one of each other outlet that tells the same."""

    article: Article
    sentence: Sentence
    also: tuple[tuple[Article, Sentence], ...] = ()


def digest(articles: Sequence[Article], searcher: Searcher) -> list[Main]:
    """The main sentences of the articles, each outlet heard, in the order in which the articles tell them.

    A sentence counts by its cosine to the mean of the articles' vectors (centroid-based summarization: Radev, Jing,
    Styś and Tam, 2004), by how near another outlet's nearest comes, and by how early it stands; what repeats one that
    is taken is left out (maximal marginal relevance: Carbonell and Goldstein, 1998).
    """
    library, embedding = searcher.library, searcher.embedding
    articles = articles[:MOST_ARTICLES]
    told = [
        (article, each, n / max(len(whole), 1))
        for article in articles
        for whole in [whole_sentences(article, library.sentences_of(article))[:SENTENCES_READ]]
        for n, each in enumerate(whole)
    ]
    if not told:
        return []
    texts = [article.text[each.start : each.end] for article, each, _ in told]
    vectors = np.array(embedding.get_text_embedding_batch(texts), np.float32)
    mean = np.mean([library.vector(article.id) for article in articles], axis=0)
    keys = [article.outlet or article.id for article, _, _ in told]
    near = vectors @ vectors.T
    elsewhere = np.where([[one != other for other in keys] for one in keys], near, 0.0)
    worth = vectors @ mean + CONFIRMED * elsewhere.max(axis=1) + EARLY * np.array([1 - at for *_, at in told])
    chosen: list[int] = []
    outlets = len(set(keys))
    least = max(1, MOST_SENTENCES // 2 // outlets)
    while len(chosen) < MOST_SENTENCES:
        # Each outlet is heard before one of them is heard more than its share.
        short = {key for key in keys if sum(keys[n] == key for n in chosen) < least} if len(chosen) >= 2 else set()
        fits = [
            n
            for n in range(len(told))
            if n not in chosen
            and (not short or keys[n] in short)
            and all(near[n, m] < REPEATS and not alike(texts[n], texts[m]) for m in chosen)
            and (not chosen or sum(len(texts[m].split()) for m in [*chosen, n]) <= MOST_WORDS)
        ]
        if not fits:
            break
        chosen.append(max(fits, key=lambda n: float(worth[n])))
    found = []
    for n in sorted(chosen, key=lambda n: (told[n][2], keys[n])):
        same = {keys[m]: m for m in np.argsort(near[n]) if elsewhere[n, m] >= REPEATS}
        found.append(Main(*told[n][:2], tuple(told[m][:2] for m in same.values())))
    return found
