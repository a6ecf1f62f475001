"""People under several spellings: "Do-hoon Lee" and "Lee Do-hoon", a name mistyped, a family name alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.article import Article, Excerpt, Sentence
from rag.library.library import Library
from rag.speech.persons import Persons
from rag.text.names import spelled_alike
from rag.text.words import WORD


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom the articles name: the spelling used most, and of every spelling the first sentence of each article
    that uses it.
    """

    name: str
    spellings: dict[str, tuple[Excerpt, ...]]

    @property
    def mentions(self) -> tuple[Excerpt, ...]:
        """Those of all spellings."""
        return tuple(each for several in self.spellings.values() for each in several)


def same_person(one: str, other: str) -> bool:
    """Whether two names may be one person's: every word of the shorter one stands in the other, in whatever order.

    A word counts as the same if it is spelled nearly alike and begins alike; a family name alone is enough.
    """
    a, b = ([word.lower() for word in WORD.findall(name)] for name in (one, other))
    shorter, longer = sorted((a, b), key=len)
    return bool(shorter) and all(any(spelled_alike(word, each) for each in longer) for word in shorter)


def people(library: Library, articles: Sequence[Article]) -> list[Person]:
    """Those whom the articles name with more than one word, the most named first."""
    named: Counter[str] = Counter()
    having: dict[str, list[Excerpt]] = {}
    for article in articles:
        sentences = library.sentences_of(article)
        for name in _named_in(article.text):
            named[name] += 1
            having.setdefault(name, []).append(_naming(article, name, sentences))
    groups: list[list[str]] = []
    for name, _ in named.most_common():
        for group in groups:
            if len(WORD.findall(name)) == len(WORD.findall(group[0])) and same_person(name, group[0]):
                group.append(name)
                break
        else:
            groups.append([name])
    return [Person(group[0], {name: tuple(having[name]) for name in group}) for group in groups]


@lru_cache(maxsize=512)
def _named_in(text: str) -> tuple[str, ...]:
    return tuple(name for name in Persons(text, ()).named_in(text) if " " in name)


def _naming(article: Article, name: str, sentences: Sequence[Sentence]) -> Excerpt:
    """The first sentence that names somebody so; where the words do not stand together, by the last of them."""
    text = article.text
    at = max(text.find(name), 0) or max(text.find(name.split()[-1]), 0)
    found = next((each for each in sentences if each.start <= at < each.end), Sentence(at, at + len(name)))
    return Excerpt(article, found.start, found.end)
