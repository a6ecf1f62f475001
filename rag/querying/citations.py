"""From chosen sentences to statements with numbered citations, each checked against what is stored."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date

from rag.article import Article, Citation, Mark, Sentence, Statement
from rag.errors import UnknownArticle
from rag.library.library import Library
from rag.querying.extract import Evidence
from rag.querying.understand import WORD, Query, stem
from rag.querying.wording import answering_words, marked, told

logger = logging.getLogger(__name__)

LONGEST_QUOTE = 600


def cite(
    evidence: Sequence[Evidence], library: Library, query: Query | None = None
) -> tuple[tuple[Statement, ...], tuple[Citation, ...]]:
    """One statement a sentence, in order, each with its own citation; what fails its check is struck out and logged.

    With `query` the words that answer it are marked.
    """
    statements: list[Statement] = []
    citations: list[Citation] = []
    dated: set[date] = set()
    weights = library.rarity([stem(word) for word in WORD.findall(query.text)]) if query else {}
    for each in evidence:
        citation = citation_of(len(citations) + 1, each.article, each.sentence)
        if not check(citation, library):
            logger.error("A citation of article %s at %d failed its check.", citation.article_id, citation.start)
            continue
        citations.append(citation)
        pieces = told(each.article, each.sentence, library.sentences_of(each.article), dated)
        answering = answering_words(query, each.text, weights) if query else None
        text, marks = marked(pieces, answering)
        if each.account:
            opening = f"{each.account}: "
            moved = (Mark(m.start + len(opening), m.end + len(opening), m.kind) for m in marks)
            text, marks = opening + text, (Mark(0, len(opening) - 1, "outlet"), *moved)
        statements.append(Statement(text, (citation.number,), marks))
    return tuple(statements), tuple(citations)


def check(citation: Citation, library: Library) -> bool:
    """Whether the library has the citation's article and, at its offsets, its quote to the letter."""
    try:
        article = library.article(citation.article_id)
    except UnknownArticle:
        return False
    quoted = article.text[max(0, citation.start) : citation.end]
    return bool(quoted) and citation.start >= 0 and quoted == citation.quote and len(quoted) <= LONGEST_QUOTE


def citation_of(number: int, article: Article, sentence: Sentence) -> Citation:
    """The citation of a sentence, to be checked."""
    return Citation(
        number=number,
        article_id=article.id,
        title=article.title,
        outlet=article.outlet,
        origin=article.origin,
        published=article.published,
        url=article.url,
        path=article.path,
        start=sentence.start,
        end=sentence.end,
        quote=article.text[sentence.start : sentence.end],
        checked=True,
    )
