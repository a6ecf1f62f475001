"""How an article's sentence is told in an answer: what it left to its surroundings stands beside it in brackets.

Nothing of the article's own words is changed or left out. What is added is marked as added: whom "he" means, who is
speaking, what day "on Monday" was. A false word there costs more than ten that are missing: names are added where the
rules and the reader agree, days where nothing contradicts the article's own date. The words that answer are marked too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise
from typing import Literal

from rag.article import Article, Sentence, Span
from rag.models.reader import Reader
from rag.querying.bracket_checks import agreed_meaning, agreed_speaker
from rag.reply import Mark
from rag.speech import group_meant, person_meant, spoken, unnamed_speaker
from rag.text.dates import MOST_BACK, RelativeDate, days_told, relative_dates

_POSSESSIVE = re.compile(r"['’]s\b")
_DAY_OF_ADDRESS = re.compile(r"(?<!\d)(?:20\d\d[/-]?\d\d[/-]?\d\d(?!\d)|(?<=-)\d{6}(?=\d{9}\b))")
_DATELINE = re.compile(r"[A-Z][A-Z .,'’/()-]{2,40}, ([A-Z][a-z]{2})[a-z]*\.? (\d{1,2})\b")
_FIRST_PERSON = re.compile(r"\b(?:I|[Ww]e|[Mm]y|[Oo]ur)\b")
LEAD = 3
"""Sentences in which a story tells of the day it was published, or of one just before."""


Piece = tuple[str, Literal["added", "answer"] | None]
"""A stretch of a sentence as it is shown: the article's own words, those of them that answer, or what was added."""


def told(
    article: Article,
    sentence: Sentence,
    sentences: Sequence[Sentence],
    dated: set[date],
    reader: Reader | None = None,
    words: Span | None = None,
) -> list[Piece]:
    """The sentence in pieces; put together they read as the answer shows it.

    `sentences` are all of the article's. `dated` are the days that the answer already told; those told
    here are added to it. Without a `reader` nobody is named. `words` are the offsets in the article of the words that
    answer.
    """
    text = article.text[sentence.start : sentence.end]
    inserts = _names(article, sentence, sentences, reader)
    for found in dates_told(article, sentence, sentences):
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


def _names(
    article: Article, sentence: Sentence, sentences: Sequence[Sentence], reader: Reader | None
) -> list[tuple[int, str]]:
    """Who is speaking and whom the sentence means, each with where it is added."""
    inserts = []
    speaker = unnamed_speaker(article, sentence, sentences)
    agreed = agreed_speaker(reader, article, sentence, sentences, speaker) if speaker and reader else None
    if agreed:
        inserts.append((0, f"[{agreed}:] "))
    elif speaker is not None and not _opens(article, sentence):
        inserts.append((0, "[quoted:] "))
    for find in (person_meant, group_meant):
        meant = find(article, sentence, sentences) if reader else None
        if meant and reader and (name := agreed_meaning(reader, article, sentence, sentences, meant)):
            inserts.append((meant[0], f" [{name}]"))
    return inserts


def _opens(article: Article, sentence: Sentence) -> bool:
    """Whether the sentence shows by a mark of its own that it is speech."""
    return article.text[sentence.start] in "\"“„«'‘"


def dates_told(article: Article, sentence: Sentence, sentences: Sequence[Sentence]) -> list[RelativeDate]:
    """The dates that the sentence tells by the article's own, which nothing contradicts.

    What is spoken was spoken on a day that is not known. Where the address or a dateline gives another day than the
    article's own, what comes to the same by each stays; where the story's beginning tells of days long before it, as it
    does where an outlet keeps the first day of a story that it has rewritten, what hangs on the very day goes.
    """
    if not article.published:
        return []
    text = article.text[sentence.start : sentence.end]
    silent = spoken(article, sentence, sentences)
    narrated = "".join(" " if any(a <= n < b for a, b in silent) else letter for n, letter in enumerate(text))
    if _FIRST_PERSON.search(narrated):
        return []
    published = date.fromisoformat(article.published[:10])
    lead = sentences[:LEAD]
    stale = any(
        (published - day).days > MOST_BACK
        for each in lead
        for day in days_told(article.text[each.start : each.end], published)
    )
    found = [
        each
        for each in relative_dates(text, published)
        if each.plain and not (stale and each.exact) and not any(a <= each.start < b for a, b in silent)
    ]
    for other in _other_days(article, published):
        same = {(each.start, each.first, each.last) for each in relative_dates(text, other) if each.plain}
        found = [each for each in found if (each.start, each.first, each.last) in same]
    return found


def _other_days(article: Article, published: date) -> list[date]:
    """The days on which the article was published by its address and by its dateline ("MOSCOW, March 17. /TASS/")."""
    days = []
    for match in _DAY_OF_ADDRESS.finditer(article.url or ""):
        digits = re.sub(r"\D", "", match[0])
        days.append(("20" + digits if len(digits) == 6 else digits, "%Y%m%d"))
    if dateline := _DATELINE.match(article.text.lstrip()):
        days.append((f"{published.year} {dateline[1]} {dateline[2]}", "%Y %b %d"))
    found = []
    for told_day, form in days:
        try:
            found.append(datetime.strptime(told_day, form).date())
        except ValueError:  # a number that looked like a day
            continue
    return found


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
