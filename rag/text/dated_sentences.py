"""Sentences of an article that give a date, and the days that the date means."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from dateutil.relativedelta import relativedelta

from rag.article import Article, Excerpt, Sentence
from rag.text.date_patterns import MONTH_OR_STOP, month_number
from rag.text.dates import HALF_A_YEAR, relative_dates

_AHEAD = re.compile(r"\b(?:will|would|won['’]t|shall|next|scheduled|due|expected|set|plans?|planned|until|to be)\b")
_BY = re.compile(r"\b(?:by|until|till|before) (?:the end of )?$")
_MONTH = rf"(?P<month>{MONTH_OR_STOP})"
_YEAR = r"(?P<year>(?:1[89]|20)\d\d)"
_DAY = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
_DATES = [
    re.compile(rf"\b{_MONTH} {_DAY}(?:,? {_YEAR})?\b(?![:\d]|,\d)"),
    re.compile(rf"\b{_DAY} (?:of )?{_MONTH}(?:,? {_YEAR})?(?!\w)"),
    re.compile(rf"\b{_MONTH},? (?:of )?{_YEAR}\b"),
    re.compile(rf"\b(?i:in|since|during|by|until|from|early|late|mid-?) {_YEAR}\b(?![-–]\d)"),
    re.compile(rf"\b(?i:in|since|during|late|early|mid-?) {_MONTH}(?! \d|\w)"),
]


@dataclass(frozen=True, slots=True)
class DatedSentence(Excerpt):
    """A sentence with one of its dates: the days from `first` to `last`, both included.

    `words` are the date's start and end in the article. `computed` is true if the day or the year is not in the text
    and was worked out from the day the article was published.
    """

    first: date
    last: date
    computed: bool
    words: tuple[int, int]


def dated(article: Article, sentences: Sequence[Sentence]) -> list[DatedSentence]:
    """The sentences of an article that give a date, one item for each date. What was omitted is left out."""
    return [
        each
        for sentence in sentences
        if not any(start <= sentence.start < end for start, end in article.omitted)
        for each in dates_in(article, sentence)
    ]


def dates_in(article: Article, sentence: Sentence) -> Iterator[DatedSentence]:
    """The dates of one sentence."""
    text = article.text[sentence.start : sentence.end]
    published = date.fromisoformat(article.published[:10]) if article.published else None
    taken: list[tuple[int, int]] = []
    for pattern in _DATES:
        for match in pattern.finditer(text):
            if any(start < match.end() and match.start() < end for start, end in taken):
                continue
            ahead = bool(_AHEAD.search(text) or _BY.search(text[: match.start()]))
            period = _period(match.groupdict(), published, ahead)
            if period:
                taken.append(match.span())
                words = (sentence.start + match.start(), sentence.start + match.end())
                yield DatedSentence(
                    article, sentence.start, sentence.end, *period, match.groupdict().get("year") is None, words
                )
    for each in relative_dates(text, published) if published else ():
        words = (sentence.start + each.start, sentence.start + each.end)
        if not any(start < each.end and each.start < end for start, end in taken):
            yield DatedSentence(article, sentence.start, sentence.end, each.first, each.last, True, words)


def _period(found: Mapping[str, str | None], published: date | None, ahead: bool) -> tuple[date, date] | None:
    """The first and last day. Without a year: the latest up to `published`, or the next if the text looks `ahead`."""
    year, month, day = (found.get(name) for name in ("year", "month", "day"))
    if not year and not published:
        return None
    number = month_number(month) if month else 1
    try:
        first = date(int(year) if year else published.year if published else 1, number, int(day or 1))
    except ValueError:
        return None
    if not year and published:
        if first > published and (not ahead or (first - published).days > HALF_A_YEAR):
            first -= relativedelta(years=1)
        elif ahead and (published - first).days > HALF_A_YEAR:
            first += relativedelta(years=1)
    if day:
        return first, first
    return first, first + (relativedelta(day=31) if month else relativedelta(month=12, day=31))
