"""The timeline: what the articles date, in order, with the sentences that say so.

A day that is told by the article's own ("on Monday") is computed, and marked as that. Sentences that tell one thing are
one entry; where they date it otherwise, it is marked as disputed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from dateutil.relativedelta import relativedelta

from rag.article import Article, Sentence
from rag.dates import relative_dates
from rag.library.library import Library
from rag.words import content

SAME_THING = 0.5
"""The share of the weight of two sentences' words that they have in common from which they tell one thing."""
SURELY_THE_SAME = 0.65
"""The share from which they do although their dates differ: then the date is disputed."""
FEWEST_WORDS, HALF_A_YEAR = 3, 182
_AHEAD = re.compile(r"\b(?:will|would|won['’]t|shall|next|scheduled|due|expected|set|plans?|planned|until|to be)\b")
_BY = re.compile(r"\b(?:by|until|till|before) (?:the end of )?$")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>Jan(?:uary|\.)|Feb(?:ruary|\.)|March|April|May|June|July|Aug(?:ust|\.)|Sept?(?:ember|\.)|Oct(?:ober|\.)|"
    r"Nov(?:ember|\.)|Dec(?:ember|\.))"
)
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
class Dated:
    """A sentence that dates what it tells: from `first` to `last`, both included, as `words` (offsets) say; `computed`
    where the text leaves the day or the year to be reckoned from the article's own date.
    """

    first: date
    last: date
    computed: bool
    words: tuple[int, int]
    article: Article
    sentence: Sentence

    @property
    def text(self) -> str:
        return self.article.text[self.sentence.start : self.sentence.end]


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened, with the sentences that date it; `disputed` where they do not agree on when."""

    first: date
    last: date
    told: tuple[Dated, ...]
    disputed: bool

    @property
    def computed(self) -> bool:
        """Whether no sentence gives the date outright."""
        return all(each.computed for each in self.told)


def timeline(library: Library, articles: Sequence[Article]) -> list[Entry]:
    """What the articles date, the earliest first."""
    told = [each for article in articles for each in dated(article, library.sentences(article.id))]
    words = [_words(each) for each in told]
    periods: dict[tuple[str, int], list[Dated]] = {}
    for each in told:
        periods.setdefault(_place(each), []).append(each)
    rarity = library.rarity(sorted({word for several in words for word in several}))
    groups: list[list[int]] = []
    for n in range(len(told)):
        for group in groups:
            if any(_one_thing(told[n], words[n], told[m], words[m], rarity, periods) for m in group):
                group.append(n)
                break
        else:
            groups.append([n])
    entries = [_entry([told[n] for n in group]) for group in groups]
    return sorted(entries, key=lambda entry: (entry.first, entry.last))


def dated(article: Article, sentences: Sequence[Sentence]) -> list[Dated]:
    """The sentences of one article that date what they tell, once for each of their dates."""
    return [
        each
        for sentence in sentences
        if not any(start <= sentence.start < end for start, end in article.omitted)
        for each in _dates(article, sentence)
    ]


def _dates(article: Article, sentence: Sentence) -> Iterator[Dated]:
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
                yield Dated(*period, match.groupdict().get("year") is None, words, article, sentence)
    for each in relative_dates(text, published) if published else ():
        words = (sentence.start + each.start, sentence.start + each.end)
        if not any(start < each.end and each.start < end for start, end in taken):
            yield Dated(each.first, each.last, True, words, article, sentence)


def _period(found: Mapping[str, str | None], published: date | None, ahead: bool) -> tuple[date, date] | None:
    """The days from and to; without a year the latest up to the article's own day, or the next if it speaks `ahead`."""
    year, month, day = (found.get(name) for name in ("year", "month", "day"))
    if not year and not published:
        return None
    number = _MONTHS.index(month[:3].lower()) + 1 if month else 1
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


def _words(each: Dated) -> set[str]:
    start, end = each.words
    text = each.article.text[each.sentence.start : start] + " " + each.article.text[end : each.sentence.end]
    return content(text)


def _one_thing(
    one: Dated,
    words: set[str],
    other: Dated,
    others: set[str],
    rarity: Mapping[str, float],
    periods: Mapping[tuple[str, int], Sequence[Dated]],
) -> bool:
    """Whether two dated sentences tell one thing; where their dates do not meet, only if none of their dates does."""
    weight = sum(rarity[word] for word in words & others)
    shorter = min(sum(rarity[word] for word in words), sum(rarity[word] for word in others))
    if _place(one) == _place(other) or weight < SAME_THING * shorter or len(words & others) < FEWEST_WORDS:
        return False
    if _meet(one, other):
        return True
    apart = not any(_meet(a, b) for a in periods[_place(one)] for b in periods[_place(other)])
    return apart and one.article.outlet != other.article.outlet and weight >= SURELY_THE_SAME * shorter


def _meet(one: Dated, other: Dated) -> bool:
    return one.first <= other.last and other.first <= one.last


def _place(each: Dated) -> tuple[str, int]:
    return each.article.id, each.sentence.start


def _entry(told: Sequence[Dated]) -> Entry:
    """The sentences as one entry, dated by the narrowest of them that computes nothing, if there is one."""
    best = min(told, key=lambda each: (each.last - each.first, each.computed))
    disputed = any(each.last < best.first or best.last < each.first for each in told)
    return Entry(best.first, best.last, tuple(told), disputed)
