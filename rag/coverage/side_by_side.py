"""What outlets tell alike, otherwise, and alone, without a question that says what to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rag.article import Article, Sentence
from rag.coverage.relation import likelihood
from rag.embedding import Embedding
from rag.library.library import Library
from rag.sense import read
from rag.words import WORD, content

NEAR, SURELY = 0.5, 0.5
"""Cosine from which two sentences may tell one thing, and how likely it must be that they agree or differ: as beside a
sentence that is asked about (sentence.py).
"""
ALONE = 0.62
"""Cosine to every sentence of the others below which an outlet tells it alone."""
MOST_SENTENCES, MOST_ARTICLES = 60, 6
FEWEST_WORDS = 6
NAMED = 2.0
"""How much more a name counts that no other outlet has than another word of its own."""
Mention = tuple[Article, Sentence]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two sentences of different outlets on one thing: whether they say the same or contradict each other."""

    relation: Literal["agree", "differ"]
    one: Mention
    other: Mention


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Of articles on one event: the sentences that meet, the nearest first, and each outlet's own, the most telling
    first.
    """

    pairs: tuple[Pair, ...]
    alone: Mapping[str, tuple[Mention, ...]]


def side_by_side(library: Library, embedding: Embedding, articles: Sequence[Article]) -> SideBySide:
    """Lay the articles' sentences beside each other, MOST_ARTICLES of them, each outlet's first one first."""
    told = [each for article in _one_of_each_first(articles) for each in _sentences(library, article)]
    if not told:
        return SideBySide((), {})
    texts = [article.text[each.start : each.end] for article, each in told]
    vectors = np.array(embedding.get_text_embedding_batch(texts), np.float32)
    keys = [outlet_key(article) for article, _ in told]
    others = np.array([[one != other for other in keys] for one in keys])
    near = np.where(others, vectors @ vectors.T, -1.0)
    senses = read(texts, embedding, library)
    pairs: list[Pair] = []
    taken: set[int] = set()
    for place in np.argsort(-np.triu(near, 1), axis=None):
        n, m = (int(each) for each in np.unravel_index(place, near.shape))
        if m <= n or near[n, m] < NEAR:
            break
        if taken & {n, m}:
            continue
        agree, differ = (likelihood(senses[n], senses[m], of) for of in ("agree", "differ"))
        if max(agree, differ) >= SURELY:
            pairs.append(Pair("agree" if agree >= differ else "differ", told[n], told[m]))
            taken |= {n, m}
    alone: dict[str, list[tuple[float, Mention]]] = {}
    words = {key: content(" ".join(a.text for a in articles if outlet_key(a) != key)) for key in set(keys)}
    for n, mention in enumerate(told):
        if n not in taken and near[n].max() < ALONE:
            alone.setdefault(keys[n], []).append((_own(texts[n], words[keys[n]], library), mention))
    return SideBySide(
        tuple(pairs),
        {key: tuple(each for _, each in sorted(several, key=lambda own: -own[0])) for key, several in alone.items()},
    )


def outlet_key(article: Article) -> str:
    """The outlet; an article without one counts for itself."""
    return article.outlet or article.id


def _one_of_each_first(articles: Sequence[Article]) -> list[Article]:
    firsts = list({outlet_key(article): article for article in reversed(articles)}.values())[::-1]
    return [*firsts, *(article for article in articles if article not in firsts)][:MOST_ARTICLES]


def _sentences(library: Library, article: Article) -> list[Mention]:
    return [
        (article, each)
        for each in library.sentences_of(article)[:MOST_SENTENCES]
        if len(article.text[each.start : each.end].split()) >= FEWEST_WORDS
        and not any(start <= each.start < end for start, end in article.omitted)
    ]


def _own(text: str, others: set[str], library: Library) -> float:
    """How much of a sentence the other outlets do not have, by the rarity of its words."""
    new = {word: next(iter(content(word)), "") for word in WORD.findall(text)}
    new = {word: each for word, each in new.items() if each and each not in others}
    rarity = library.rarity(list(new.values()))
    return sum(rarity[each] * (NAMED if word[0].isupper() else 1.0) for word, each in new.items())
