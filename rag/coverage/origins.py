"""Who first wrote what the outlets print: articles that are one copy have one origin, whoever carries it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from rag.article import Article, Excerpt
from rag.library.copies import groups
from rag.library.library import Library
from rag.text.words import WORD

SAME_WORDS = 0.7
"""The share of a sentence's words, in pairs, that a sentence of another article must have to be the same one."""


@dataclass(frozen=True, slots=True)
class Carrier:
    """One article that prints a copy. `cut` are sentences of the fullest one that it leaves out, `added` are those of
    its own that the fullest one does not have; neither for the fullest itself.
    """

    article: Article
    fullest: bool
    cut: tuple[Excerpt, ...] = ()
    added: tuple[Excerpt, ...] = ()


@dataclass(frozen=True, slots=True)
class Origin:
    """What is one copy: who first wrote it, where an article says so, and those who carry it, the earliest first."""

    name: str | None
    carriers: tuple[Carrier, ...]

    @property
    def writer(self) -> str:
        """Who counts as the one who wrote it: the one credited, else the outlet that had it first."""
        first = self.carriers[0].article
        return self.name or first.outlet or first.id

    @property
    def articles(self) -> tuple[str, ...]:
        return tuple(each.article.id for each in self.carriers)


def origins(library: Library, articles: Sequence[Article]) -> list[Origin]:
    """The independent origins of `articles`, those with the most carriers first."""
    by_id = {article.id: article for article in articles}
    found = groups(by_id.__getitem__, combinations(sorted(by_id), 2))
    copied = {id for group in found for id in group.articles}
    many = [Origin(group.origin, _carriers(library, [by_id[id] for id in group.articles])) for group in found]
    single = [Origin(each.origin, (Carrier(each, True),)) for each in articles if each.id not in copied]
    return [*many, *single]


def _carriers(library: Library, articles: Sequence[Article]) -> tuple[Carrier, ...]:
    told = {article.id: _sentences(library, article) for article in articles}
    fullest = max(articles, key=lambda article: len(told[article.id]))
    whole = told[fullest.id]
    carriers = []
    for article in articles:
        own = told[article.id]
        if article is fullest:
            carriers.append(Carrier(article, True))
            continue
        cut = tuple(sentence for sentence, pairs in whole if not _stands_in(pairs, own))
        added = tuple(sentence for sentence, pairs in own if not _stands_in(pairs, whole))
        carriers.append(Carrier(article, False, cut, added))
    return tuple(carriers)


def _sentences(library: Library, article: Article) -> list[tuple[Excerpt, set[tuple[str, str]]]]:
    found = []
    for each in library.sentences_of(article):
        sentence = Excerpt(article, each.start, each.end)
        words = ["", *WORD.findall(sentence.text.lower())]
        if len(words) > 1 and not any(a <= sentence.start < b for a, b in article.omitted):
            found.append((sentence, set(pairwise(words))))
    return found


def _stands_in(pairs: set[tuple[str, str]], others: Sequence[tuple[Excerpt, set[tuple[str, str]]]]) -> bool:
    return any(len(pairs & other) >= SAME_WORDS * min(len(pairs), len(other)) for _, other in others if other)
