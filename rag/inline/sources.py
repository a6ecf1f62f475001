"""What an answer is put together of: its citations, its direct line, and how things are counted and listed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from rag.article import Article, Citation, Mark, Sentence, Statement
from rag.coverage.coverage import cited
from rag.dates import RelativeDate
from rag.library.library import Library
from rag.querying.citations import check
from rag.querying.holdings import NO_OUTLET

MOST_NAMED = 4
"""Outlets in a sentence."""


@dataclass(slots=True)
class Sources:
    """The citations of an answer while it is put together."""

    library: Library
    citations: list[Citation] = field(default_factory=list)

    def number(self, article: Article, sentence: Sentence) -> tuple[int, ...]:
        """The number of the citation of that stretch, which may be there already; none where it fails its check."""
        citation = cited(article, sentence, len(self.citations) + 1)
        for each in self.citations:
            if (each.article_id, each.start, each.end) == (article.id, citation.start, citation.end):
                return (each.number,)
        if not check(citation, self.library):
            return ()
        self.citations.append(citation)
        return (citation.number,)


class Line:
    """A direct line while it is put together: the articles' words and our own."""

    def __init__(self) -> None:
        self._text = ""
        self._marks: list[Mark] = []

    def fixed(self, text: str) -> Line:
        return self._add(text, "fixed")

    def answer(self, text: str) -> Line:
        return self._add(text, "answer")

    def statement(self, citations: Iterable[int]) -> Statement:
        return Statement(self._text, tuple(dict.fromkeys(citations)), tuple(self._marks), direct=True)

    def _add(self, text: str, kind: Literal["fixed", "answer"]) -> Line:
        if text:
            last = self._marks[-1] if self._marks and self._marks[-1].kind == kind == "fixed" else None
            start = last.start if last else len(self._text)
            self._text += text
            self._marks[-1 if last else len(self._marks) :] = [Mark(start, len(self._text), kind)]
        return self


def outlets_of(articles: Sequence[Article]) -> str:
    """Their names, the first MOST_NAMED of them, and how many more there are."""
    found = list(dict.fromkeys(each.outlet or NO_OUTLET for each in articles))
    if len(found) > MOST_NAMED:
        return f"{', '.join(found[:MOST_NAMED])} and {counted(len(found) - MOST_NAMED, 'other outlet')}"
    return listed(found)


def listed(words: Sequence[str]) -> str:
    """The words, each once, with "and" before the last."""
    several = list(dict.fromkeys(words))
    return " and ".join(filter(None, [", ".join(several[:-1]), several[-1] if several else ""]))


def published(article: Article) -> str:
    """When it was published, to be put behind its outlet; or ""."""
    return f", {day(article.published)}" if article.published else ""


def day(published: str) -> str:
    """An ISO date, written out."""
    when = date.fromisoformat(published[:10])
    return str(RelativeDate(0, 0, when, when))


def counted(number: int, thing: str) -> str:
    """How many things, in words."""
    return f"{number} {thing}{'s' * (number != 1)}"
