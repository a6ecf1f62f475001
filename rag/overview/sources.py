"""What an answer is put together of: its citations, and how outlets are listed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rag.article import Article, Excerpt
from rag.library.library import Library
from rag.querying.citations import check
from rag.reply import Citation
from rag.text.outlet_names import NO_OUTLET
from rag.text.words import counted

MOST_NAMED = 4
"""Outlets in a sentence."""


@dataclass(slots=True)
class Sources:
    """The citations of an answer while it is put together."""

    library: Library
    citations: list[Citation] = field(default_factory=list)

    def number(self, excerpt: Excerpt) -> tuple[int, ...]:
        """The number of the citation of that stretch, which may be there already; none where it fails its check."""
        citation = Citation.of(excerpt.quotable, len(self.citations) + 1)
        for each in self.citations:
            if (each.article_id, each.start, each.end) == (citation.article_id, citation.start, citation.end):
                return (each.number,)
        if not check(citation, self.library):
            return ()
        self.citations.append(citation)
        return (citation.number,)


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
