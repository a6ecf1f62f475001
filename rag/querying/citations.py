"""From chosen sentences to statements with numbered citations, each checked against what is stored."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date

from rag.article import LONGEST_QUOTE
from rag.errors import UnknownArticle
from rag.library.library import Library
from rag.models.reader import Reader
from rag.querying.brackets import dates_told, marked, told
from rag.querying.compose import Evidence
from rag.querying.direct_line import Line, Piece
from rag.reply import Citation, Mark, Statement

logger = logging.getLogger(__name__)


def cite(
    evidence: Sequence[Evidence], library: Library, reader: Reader | None = None
) -> tuple[tuple[Statement, ...], tuple[Citation, ...]]:
    """One statement a sentence, in order, each with its own citation; what fails its check is struck out and logged.

    The words that answer are marked; without a `reader` nobody is named whom the sentence does not name.
    """
    statements: list[Statement] = []
    citations: list[Citation] = []
    dated: set[date] = set()
    for each in evidence:
        citation = _checked(len(citations) + 1, each, library)
        if citation is None:
            continue
        citations.append(citation)
        sentences = library.sentences_of(each.article)
        text, marks = marked(told(each.article, each.sentence, sentences, dated, reader, each.words))
        if each.account:
            opening = f"{each.account}: "
            moved = (Mark(m.start + len(opening), m.end + len(opening), m.kind) for m in marks)
            text, marks = opening + text, (Mark(0, len(opening) - 1, "outlet"), *moved)
        statements.append(Statement(text, (citation.number,), marks))
    return tuple(statements), tuple(citations)


def direct_lines(lines: Sequence[Line], citations: Sequence[Citation], library: Library) -> tuple[Statement, ...]:
    """The direct lines as statements, with the numbers of the citations that have their words.

    A day that the words tell by the article's own stands behind them. A line is left out where a sentence of it was not
    cited, or does not have the line's words.
    """
    numbers = {(each.article_id, each.start): each for each in citations}
    statements = []
    for line in lines:
        found = [numbers.get((each.article.id, each.start)) for each in line.sentences]
        cited = [each for each in found if each]
        quotes = [" ".join(each.quote.split()) for each in cited]
        if len(cited) < len(found) or not all(any(t in q for q in quotes) for t, own in line.pieces if own):
            continue
        pieces = [*line.pieces, *_day(line, library)]
        statements.append(direct_statement(pieces, [each.number for each in cited]))
    return tuple(statements)


def direct_statement(pieces: Sequence[Piece], numbers: Sequence[int]) -> Statement:
    """A direct line with its words marked, those of the articles as the answer and the program's as fixed."""
    text, marks = "", list[Mark]()
    for words, own in pieces:
        marks.append(Mark(len(text), len(text) + len(words), "answer" if own else "fixed"))
        text += words
    return Statement(text, tuple(dict.fromkeys(numbers)), tuple(marks), direct=True)


def fixed_statement(text: str, numbers: Sequence[int] = ()) -> Statement:
    """A sentence of the program's own, such as the heading of a table, marked as that."""
    return Statement(text, tuple(numbers), (Mark(0, len(text), "fixed"),))


def _day(line: Line, library: Library) -> list[Piece]:
    """The day that the words of a line which is nothing else come to ("Sunday")."""
    (words, own), *rest = line.pieces
    if rest or not own:
        return []
    article, sentence = line.sentences[0].article, line.sentences[0].sentence
    text = article.text[sentence.start : sentence.end]
    told = (each for each in dates_told(article, sentence, library.sentences_of(article)))
    return [(f" ({each}, computed)", False) for each in told if words.endswith(text[each.start : each.end])][:1]


def point_to(related: Sequence[Evidence], library: Library, cited: int = 0) -> tuple[Citation, ...]:
    """The sentences as they can be opened in their articles; what fails its check is left out and logged.

    Their numbers go on from those of the `cited` ones.
    """
    found: list[Citation] = []
    for each in related:
        if citation := _checked(cited + len(found) + 1, each, library):
            found.append(citation)
    return tuple(found)


def _checked(number: int, each: Evidence, library: Library) -> Citation | None:
    citation = Citation.of(each, number)
    if check(citation, library):
        return citation
    logger.error("A citation of article %s at %d failed its check.", citation.article_id, citation.start)
    return None


def check(citation: Citation, library: Library) -> bool:
    """Whether the library has the citation's article and, at its offsets, its quote to the letter."""
    try:
        article = library.article(citation.article_id)
    except UnknownArticle:
        return False
    quoted = article.text[max(0, citation.start) : citation.end]
    return bool(quoted) and citation.start >= 0 and quoted == citation.quote and len(quoted) <= LONGEST_QUOTE
