"""Articles in a few of their own sentences: one article, or several on one event."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from rag.article import Article, Excerpt, Sentence
from rag.querying.citations import cite, fixed_statement
from rag.querying.compose import Evidence
from rag.querying.search import Searcher
from rag.reply import Citation, Statement
from rag.text.answer_values import alike
from rag.text.date_patterns import DATE
from rag.text.dates import day_and_hour, relative_dates
from rag.text.outlet_names import NO_OUTLET

MOST_SENTENCES, MOST_WORDS = 6, 170
MOST_ARTICLES, SENTENCES_OF_EACH = 8, 30
REPEATS = 0.8
"""Cosine from which a sentence tells what one already taken does."""
CONFIRMED, EARLY, DATED, QUOTED = 0.35, 0.12, 0.1, -0.2
"""What it counts, beside the cosine to the whole, how near another outlet comes to a sentence, how early it is, that it
says when, and that it is what somebody said.
"""
ON_TOPIC = 0.5
"""What it counts how near a sentence comes to the topic."""
LEAD, NEAREST = 1, 3
"""Of an article's sentences: how many of its first, and of those nearest to what it is about, tell it in brief."""
SENTENCES_READ = 80
FEWEST_WORDS = 6
"""A sentence that is shorter tells nothing by itself."""
_ENDS = (".", "!", "?", "”", '"', "’")
"""What ends without one of these is a caption or a heading."""
_QUOTE = re.compile(r"[\"“‘']")
Told = tuple[tuple[Statement, ...], tuple[Citation, ...]]


@dataclass(frozen=True, slots=True)
class Main(Excerpt):
    """A sentence of a digest, and the one of each other outlet that tells the same."""

    also: tuple[Excerpt, ...] = ()


def _day(article: Article) -> str:
    return (article.published or article.published_from or "9")[:10]


def says_when(text: str) -> bool:
    """Whether a sentence says on which day something was."""
    return bool(relative_dates(text, date.min.replace(year=2000)) or re.search(DATE, text))


def digest(articles: Sequence[Article], searcher: Searcher, topic: str = "") -> list[Main]:
    """The main sentences of the articles, on the topic if one is named, each outlet heard: those that were published
    first come first, and of one day those that an article tells first.

    A sentence counts by its cosine to the mean of the articles' vectors (centroid-based summarization: Radev, Jing,
    Styś and Tam, 2004), by how near another outlet's nearest comes, and by how early it stands; what repeats one that
    is taken is left out (maximal marginal relevance: Carbonell and Goldstein, 1998).
    """
    library, embedding = searcher.library, searcher.embedding
    articles = articles[:MOST_ARTICLES]
    told = [
        (Excerpt(article, each.start, each.end), n / max(len(whole), 1))
        for article in articles
        for whole in [whole_sentences(article, library.sentences_of(article))[:SENTENCES_OF_EACH]]
        for n, each in enumerate(whole)
    ]
    if not told:
        return []
    texts = [each.text for each, _ in told]
    vectors = np.array(embedding.get_text_embedding_batch(texts), np.float32)
    mean = np.mean([library.vector(article.id) for article in articles], axis=0)
    keys = [each.article.outlet or each.article.id for each, _ in told]
    near = vectors @ vectors.T
    elsewhere = np.where([[one != other for other in keys] for one in keys], near, 0.0)
    worth = vectors @ mean + CONFIRMED * elsewhere.max(axis=1) + EARLY * np.array([1 - at for _, at in told])
    worth += [DATED * says_when(each) + QUOTED * bool(_QUOTE.match(each)) for each in texts]
    if topic:
        worth += ON_TOPIC * (vectors @ np.array(embedding.get_query_embedding(topic), np.float32))
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
    for n in sorted(chosen, key=lambda n: (_day(told[n][0].article), told[n][1], keys[n])):
        same = {keys[m]: m for m in np.argsort(near[n]) if elsewhere[n, m] >= REPEATS}
        lead, also = told[n][0], tuple(told[m][0] for m in same.values())
        found.append(Main(lead.article, lead.start, lead.end, also))
    return found


def in_its_own_sentences(article: Article, searcher: Searcher) -> Told:
    """An article in brief, after what it is called."""
    sentences = in_brief(article, searcher.library.sentences_of(article), searcher)
    told, citations = cite(
        [Evidence(article, each.start, each.end) for each in sentences], searcher.library, searcher.reader.reader
    )
    dated = f", {day_and_hour(article.published)}" if article.published else ""
    opening = f"“{article.label}” ({article.outlet or NO_OUTLET}{dated}) in its own sentences:"
    return (fixed_statement(opening, (1,) if citations else ()), *told), citations


def in_brief(article: Article, sentences: Sequence[Sentence], searcher: Searcher) -> list[Sentence]:
    """The article's lead and the sentences nearest to what the whole is about, in the article's order.

    Near is by the cosine to the mean vector of its passages, and what repeats a sentence already taken is left out
    (centroid-based summarization: Radev, Jing, Styś and Tam, 2004).
    """
    whole = whole_sentences(article, sentences[:SENTENCES_READ])
    texts = {each: article.text[each.start : each.end] for each in whole}
    if len(whole) <= LEAD + NEAREST:
        return whole
    vectors = np.array(searcher.embedding.get_text_embedding_batch([texts[each] for each in whole]), np.float32)
    near = vectors @ searcher.library.vector(article.id)
    chosen = whole[:LEAD]
    for position in np.argsort(-near):
        sentence = whole[int(position)]
        if len(chosen) < LEAD + NEAREST and not any(alike(texts[sentence], texts[other]) for other in chosen):
            chosen.append(sentence)
    return sorted(chosen, key=lambda each: each.start)


def whole_sentences(article: Article, sentences: Sequence[Sentence]) -> list[Sentence]:
    """Those of the sentences that tell something by themselves; all of them where none does."""
    texts = {each: article.text[each.start : each.end] for each in sentences}
    whole = [
        each
        for each, text in texts.items()
        if len(text.split()) >= FEWEST_WORDS and text.endswith(_ENDS) and not text.endswith(("...", "…"))
    ]
    return whole or list(texts)
