"""What outlets tell alike, otherwise, and alone, without a question that says what to look at."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rag.article import Article, Excerpt, outlet_key
from rag.coverage.relation import likelihoods
from rag.library.library import Library
from rag.library.word_vectors import read
from rag.models.embedding import Embedding
from rag.text.names import spelled_alike
from rag.text.words import STOP_WORDS, WORD, content, stem

NEAR = {"agree": 0.5, "differ": 0.6}
SURELY = {"agree": 0.5, "differ": 0.75}
"""Cosine of two sentences from which they may, and how likely it must be that they do. That outlets contradict each
other is not said lightly: set on the sample library, where of six such pairs three did not.
"""
ALONE, NEW = 0.8, 0.4
"""An outlet tells alone what is no nearer than this to a sentence of the others, and has so much that they lack: the
share of the weight of its words.
"""
LEAST_ON_IT, BEHIND, MOST_WORDS = 0.2, 0.15, 0.4
"""Cosine to a topic, and how far it may be behind the nearest sentence's, for a sentence to be on it; or the share of
the weight of the topic's words that it has.
"""
PLAINLY = 0.45
"""Cosine to a topic from which a sentence that has few of its words is on it also where nobody tells the same."""
MOST_SENTENCES, MOST_ARTICLES = 40, 10
FEWEST_WORDS, FEWEST_ALONE = 6, 9
NAMED = 2.0
"""How much more a name counts that no other outlet has than another word of its own."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two sentences of different outlets on one thing: whether they say the same or contradict each other."""

    relation: Literal["agree", "differ"]
    one: Excerpt
    other: Excerpt


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Of articles on one event: the sentences that meet, the nearest first, and each outlet's own, the most telling
    first.
    """

    pairs: tuple[Pair, ...]
    alone: Mapping[str, tuple[Excerpt, ...]]


def side_by_side(library: Library, embedding: Embedding, articles: Sequence[Article], topic: str = "") -> SideBySide:
    """Lay the articles' sentences beside each other, MOST_ARTICLES of them, each outlet's first one first.

    Where a `topic` is given, only what is on it: near to it, or with most of its words. Contradictions come first.
    """
    told = [each for article in _one_of_each_first(articles) for each in _sentences(library, article)]
    if not told:
        return SideBySide((), {})
    texts = [each.text for each in told]
    vectors = np.array(embedding.get_text_embedding_batch(texts), np.float32)
    keys = [outlet_key(each.article) for each in told]
    others = np.array([[one != other for other in keys] for one in keys])
    near = np.where(others, vectors @ vectors.T, -1.0)
    senses = read(texts, embedding, library)
    if topic:
        central = vectors @ np.array(embedding.get_query_embedding(topic), np.float32)
        weights = library.rarity(sorted(content(topic)))
        has = [sum(weights[word] for word in content(text) & weights.keys()) for text in texts]
        on_it = (central >= max(LEAST_ON_IT, float(central.max()) - BEHIND)) | (
            np.array(has) >= MOST_WORDS * max(sum(weights.values()), 1e-6)
        )
    else:
        central = vectors @ np.mean([library.vector(article.id) for article in articles], axis=0)
        on_it = np.ones(len(told), bool)
    plainly = on_it if not topic else (central >= PLAINLY) | (np.array(has) >= MOST_WORDS * sum(weights.values()))
    met: list[tuple[bool, float, int, int, Pair]] = []
    for n, m in np.argwhere(np.triu(near, 1) >= NEAR["agree"]).tolist():
        agree, differ, _ = likelihoods(senses[n], senses[m])
        differs = differ >= SURELY["differ"] and near[n, m] >= NEAR["differ"]
        if differs or agree >= SURELY["agree"]:
            worth = float(max(central[n], central[m]) if topic else near[n, m])
            if not on_it[[n, m]].any():
                continue
            met.append((not differs, -worth, n, m, Pair("differ" if differs else "agree", told[n], told[m])))
    pairs: list[Pair] = []
    taken: set[int] = set()
    for _, _, n, m, pair in sorted(met, key=lambda each: each[:4]):
        if not taken & {n, m}:
            pairs.append(pair)
            taken |= {n, m}
    alone: dict[str, list[tuple[float, Excerpt]]] = {}
    words = {key: _words(article for article in articles if outlet_key(article) != key) for key in set(keys)}
    for n, mention in enumerate(told):
        nearest = int(near[n].argmax())
        if n in taken or not plainly[n] or len(texts[n].split()) < FEWEST_ALONE:
            continue
        if near[n, nearest] >= ALONE or likelihoods(senses[n], senses[nearest])[0] >= SURELY["agree"]:
            continue
        new, share = _own(texts[n], words[keys[n]], library)
        if share >= NEW:
            alone.setdefault(keys[n], []).append((new * max(float(central[n]), 0.0), mention))
    return SideBySide(
        tuple(pairs),
        {key: tuple(each for _, each in sorted(several, key=lambda own: -own[0])) for key, several in alone.items()},
    )


def _one_of_each_first(articles: Sequence[Article]) -> list[Article]:
    firsts = list({outlet_key(article): article for article in reversed(articles)}.values())[::-1]
    return [*firsts, *(article for article in articles if article not in firsts)][:MOST_ARTICLES]


def _sentences(library: Library, article: Article) -> list[Excerpt]:
    return [
        Excerpt(article, each.start, each.end)
        for each in library.sentences_of(article)[:MOST_SENTENCES]
        if len(article.text[each.start : each.end].split()) >= FEWEST_WORDS
        and not article.text[: each.end].endswith(("...", "…"))
        and not any(start <= each.start < end for start, end in article.omitted)
    ]


def _words(articles: Iterable[Article]) -> dict[str, set[str]]:
    """The words of the articles in small letters, under their stems."""
    found: dict[str, set[str]] = {}
    for article in articles:
        for word in WORD.findall(article.text):
            found.setdefault(stem(word), set()).add(word.lower())
    return found


def _own(text: str, others: Mapping[str, set[str]], library: Library) -> tuple[float, float]:
    """How much of a sentence the other outlets do not have, by the rarity of its words, and which share that is.

    A name that they spell a little otherwise is theirs too.
    """
    words = {word: stem(word) for word in WORD.findall(text) if word.lower() not in STOP_WORDS}
    rarity = library.rarity(list(words.values()))
    weights = {word: rarity[each] * (NAMED if word[0].isupper() else 1.0) for word, each in words.items()}
    spelled = [word for several in others.values() for word in several]
    new = [
        word
        for word, each in words.items()
        if each not in others and not (word[0].isupper() and any(spelled_alike(word.lower(), o) for o in spelled))
    ]
    whole = sum(weights.values())
    return sum(weights[word] for word in new), sum(weights[word] for word in new) / (whole or 1.0)
