"""How an article's sentence is told in an answer: what it left to its surroundings stands beside it in brackets.

Nothing of the article's own words is changed or left out. What is added is marked as added: whom "he" means, who is
speaking, what day "on Monday" was. The words that answer are marked too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from typing import Literal

from rag.article import Article, Mark, Sentence, Span
from rag.dates import relative_dates
from rag.speech import group_meant, person_meant, unnamed_speaker

_POSSESSIVE = re.compile(r"['’]s\b")


Piece = tuple[str, Literal["added", "answer"] | None]
"""A stretch of a sentence as it is shown: the article's own words, those of them that answer, or what was added."""


def told(
    article: Article,
    sentence: Sentence,
    sentences: Sequence[Sentence],
    dated: set[date],
    words: Span | None = None,
) -> list[Piece]:
    """The sentence in pieces; put together they read as the answer shows it.

    `sentences` are all of the article's. `dated` are the days that the answer already told; those told
    here are added to it. `words` are the offsets in the article of the words that answer.
    """
    text = article.text[sentence.start : sentence.end]
    inserts: list[tuple[int, str]] = []
    speaker = unnamed_speaker(article, sentence, sentences)
    if speaker is not None:
        inserts.append((0, f"[{speaker}:] " if speaker else "[quoted:] "))
    person = person_meant(article, sentence, sentences)
    group = group_meant(article, sentence, sentences)
    inserts += [(end, f" [{name}]") for end, name in filter(None, [person, group])]
    if article.published:
        for found in relative_dates(text, date.fromisoformat(article.published[:10])):
            if found.first not in dated:
                dated.add(found.first)
                inserts.append((found.end, f" [{found}]"))
    first, last = (words[0] - sentence.start, words[1] - sentence.start) if words else (0, 0)
    pieces: list[Piece] = []
    at = 0
    for position, added in [*sorted(inserts), (len(text), "")]:
        if position and (possessive := _POSSESSIVE.match(text, position)):
            position = possessive.end()
        cuts = sorted({at, position, *(cut for cut in (first, last) if at < cut < position)})
        pieces += [(text[a:b], "answer" if first <= a < last else None) for a, b in pairwise(cuts)]
        pieces.append((added, "added"))
        at = position
    return [piece for piece in pieces if piece[0]]


def marked(pieces: Sequence[Piece]) -> tuple[str, tuple[Mark, ...]]:
    """The pieces as one line of text with its marks."""
    text = ""
    marks: list[Mark] = []
    for piece, kind in pieces:
        if piece[:1].isspace() and text and not text.endswith(" "):
            text += " "
        start = len(text)
        text += " ".join(piece.split())
        if kind and len(text) > start:
            marks.append(Mark(start, len(text), kind))
        if piece[-1:].isspace() and not text.endswith(" "):
            text += " "
    return text.strip(), tuple(marks)
