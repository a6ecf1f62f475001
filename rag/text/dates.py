"""Relative dates in a text ("on Monday", "last month", "three days ago"), and how a day is written out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from dateutil.relativedelta import MO, SA, relativedelta, weekdays

from rag.text.date_patterns import MONTH, WEEKDAY, month_number, weekday_number
from rag.text.words import NUMBERS, UNITS

_EXPRESSION = re.compile(
    r"\b(?:"
    # Not a weekday that is followed by its date or is part of a name ("Black Friday", "the Sunday Times").
    r"(?:(?P<which>last|next|this|this past|this coming|the following) )?"
    r"(?<!Black )(?<!Cyber )(?<!Good )(?<!Easter )(?<!Palm )(?<!Boxing )(?<!Super )(?<!Mail on )"
    r"(?<!every )(?<!Every )(?<!\ba )"
    rf"(?P<weekday>{WEEKDAY})(?!s)"
    rf"(?!,? (?:the )?(?:\d|{MONTH} \d))(?! (?:Times|Mirror|Mail|Express|Telegraph|Herald|People|Post|Night Live))"
    r"|(?P<day>yesterday|today|tonight|tomorrow|last night|this (?:morning|afternoon|evening))"
    r"|(?P<weekend>(?:over |at )?(?:the|this|last|this past) weekend)"
    r"|(?<!last )(?<!next )(?<!every )(?<!each )(?<!previous )"
    r"(?P<feast>New Year['’]s (?:Eve|Day)|Christmas (?:Eve|Day)|Boxing Day|Halloween)(?!,? (?:in )?\d{4})"
    r"|(?P<other>the (?:previous|preceding|following|next)) year"
    r"|last (?P<season>spring|summer|autumn|fall|winter)"
    r"|(?P<side>last|this|next) (?P<unit>week|month|year)(?! or| old)"
    rf"|last (?P<month>{MONTH})(?! \d)"
    rf"|(?P<count>\d{{1,2}}|an?|{'|'.join(UNITS[1:13])}) "
    r"(?P<units>day|month|year)s? ago"
    r")\b(?!['’]s? (?:old|own))",
    re.IGNORECASE,
)
_FEASTS = {
    "new year's eve": (12, 31),
    "new year's day": (1, 1),
    "christmas eve": (12, 24),
    "christmas day": (12, 25),
    "boxing day": (12, 26),
    "halloween": (10, 31),
}
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
"""The month in which each begins in the north: less English news comes from the southern half of the world."""
_YEAR = re.compile(r"\b(?:19|20)\d\d\b")
HALF_A_YEAR = 183
"""Days. Of a date without a year the nearest is meant: never one that is further away than this."""
NOT_LAST = 2
"""Days. "Last Monday", written on a Tuesday or a Wednesday, is the Monday of the week before."""
_AHEAD = (
    r"(?:will|won['’]t|would|shall|(?:is|are) (?:set |due |likely |going |scheduled |expected |planning )?to|"
    r"plans? to|until|ahead of|for later|upcoming|coming)|['’]ll"
)
_PLANNED = r"(?:due|scheduled|expected|planned|set|supposed|slated)"
_PAST = (
    r"(?:\w{2,}ed|said|says|told|wrote|went|was|were|took|gave|made|left|met|won|lost|held|came|found|began|saw|fell|hit|"
    r"got|had|has|have|became|sent|shot|struck|spoke|brought|put|ran|rose|died|sank|broke|drove|flew|fled|spent|fought|"
    r"bought|caught|sought|thought|taught|built|sold|stood|sat|swore|stole|threw|blew|grew|knew|drew|chose|rode|swept|"
    r"kept|felt|dealt|led|fed|paid|woke|shook|tore|wore|heard|did)"
)
_TENSE = re.compile(
    # "Will be scrapped" is not in the past.
    rf"\b(?:(?P<ahead>(?:{_AHEAD}|{_PLANNED})(?: (?:also |not |\w+ly )?be \w+ed)?)|(?P<past>{_PAST}))\b",
    re.IGNORECASE,
)
_PRESENT = re.compile(r"\b(?:has|is|are|have) (?:an?|another|the|its|their|his|her)\b")
_QUOTED = re.compile(r"[\"“][^\"”]*[\"”]?")
_SAID = re.compile(
    r"\b(?:said|told|announced|reported|confirmed|added|wrote|tweeted|warned|stated|denied|testified|acknowledged)\b"
    r"(?: [\w-]+){0,4} ?$"
)
_MAYBE_AHEAD = re.compile(
    rf"\b(?:(?:{_AHEAD}|{_PLANNED}|expects?|hopes?|plans?|wants?|may|might|could|can|should|must|to be|next|when|if)\b"
    r"|(?:by|from|before|through) $)",
    re.IGNORECASE,
)
_NOWADAYS = re.compile(r"\b(?:(?:of|to|from|than|as|for|until|even|and) $|is|are|remains?|still\b)")
"""Words before "today" that make it mean our times, not one day."""
_OVER = re.compile(r"\b(?:the|this|past|almost|nearly|about|around|over|than|ago) $", re.IGNORECASE)
"""Words before "last year" that make it the last twelve months. "Two years ago this month" is another month."""
MOST_BACK, MOST_AHEAD, MOST_TO_A_FEAST = 4, 5, 45
"""Days before and after publication within which a weekday alone is clear, and around it a feast."""


@dataclass(frozen=True, slots=True)
class RelativeDate:
    """A relative date at `text[start:end]`: it means the days from `first` to `last`, both included.

    `plain` is true if the words can hardly mean another time, `exact` if they mean less than a month: a day or a week.
    """

    start: int
    end: int
    first: date
    last: date
    plain: bool = False
    exact: bool = False

    def __str__(self) -> str:
        """Written out: a day, a month, a year, or the first and last day."""
        first, last = self.first, self.last
        if first == last:
            return _day(first)
        if (first.month, first.day, last.month, last.day) == (1, 1, 12, 31) and first.year == last.year:
            return str(first.year)
        if first.day == 1 and last == first + relativedelta(day=31):
            return f"{first:%B} {first.year}"
        if (first.year, first.month) == (last.year, last.month):
            return f"{first.day} to {_day(last)}"
        if first.year == last.year:
            return f"{first.day} {first:%B} to {_day(last)}"
        return f"{_day(first)} to {_day(last)}"


def moment_of(value: str | None) -> datetime | None:
    """The date and time of an ISO string, or None if it is not one."""
    try:
        return datetime.fromisoformat(value or "")
    except ValueError:
        return None


def day_and_hour(published: str | None, published_at: str | None = None) -> str:
    """When an article was published, as people write it: "2 October 2017, 14:05", without a time "2 October 2017".

    A time on another day, which a time zone can bring about, is left out. Without a day it is "undated".
    """
    if not published:
        return "undated"
    day, moment = date.fromisoformat(published[:10]), moment_of(published_at)
    return _day(day) + (f", {moment:%H:%M}" if moment and moment.date() == day else "")


def between(published: Iterable[str | None]) -> str:
    """The first and the last of the days on which articles were published, to follow a list of them; or ""."""
    days = sorted(day for day in published if day)
    if not days:
        return ""
    if days[0] == days[-1]:
        return f", published on {day_and_hour(days[0])}"
    return f", from {RelativeDate(0, 0, date.fromisoformat(days[0]), date.fromisoformat(days[-1]))}"


def relative_dates(text: str, published: date) -> list[RelativeDate]:
    """The relative dates of one sentence, read from the day on which its article was published.

    A weekday alone is the latest one up to that day, or the next one if its clause is about the future. A feast is the
    nearest one. "The previous year" counts from a year earlier in the sentence. Words in quotation marks are skipped:
    nobody knows on which day they were spoken.
    """
    quoted = [match.span() for match in _QUOTED.finditer(text)]
    found = []
    for match in _EXPRESSION.finditer(text):
        if any(start <= match.start() < end for start, end in quoted):
            continue
        period = _period(match, text, published)
        if period is not None:
            plain = _is_plain(match, text, published, period[0])
            exact = (period[1] - period[0]).days < 7
            found.append(RelativeDate(match.start(), match.end(), *period, plain, exact))
    return found


def days_told(text: str, published: date) -> list[date]:
    """The days of the weekdays in `text` that stand alone and are past: for each the latest up to `published`."""
    bare = (match for match in _EXPRESSION.finditer(text) if match["weekday"] and not match["which"])
    found = [match for match in bare if not _looks_ahead(match, text)]
    return [_moved(published, weekday=weekdays[weekday_number(match["weekday"])](-1)) for match in found]


def _is_plain(match: re.Match[str], text: str, published: date, first: date) -> bool:
    """Whether the expression can hardly mean another time than the one that begins on `first`.

    The rules exclude what was read wrongly in real articles: days near a verb about the future, weeks around a weekend,
    and stretches of a rough length.
    """
    before = text[: match.start()]
    said = bool(_SAID.search(before))
    if match["weekday"] or match["day"] or match["weekend"]:
        if not said and any(int(year) != published.year for year in _YEAR.findall(before)):
            return False  # the sentence is about another time
        ahead, past = _looks_ahead(match, text), any(verb["past"] for verb in _TENSE.finditer(text))
        if match["day"]:
            told = said or ahead or (past and not _MAYBE_AHEAD.search(before) and not _NOWADAYS.search(before))
            return told or match["day"].lower() != "today"
        if match["weekend"]:
            return published.weekday() < 3 and past and not ahead and not match["weekend"].lower().startswith("this")
        told_as_past = said or (past and not _MAYBE_AHEAD.search(before))
        waited = before.endswith("until ") and any(verb["past"] for verb in _TENSE.finditer(before))
        return _is_plain_weekday(match, first, published, ahead, told_as_past, waited)
    if match["feast"]:
        return abs((first - published).days) <= MOST_TO_A_FEAST
    if match["other"]:
        return len(_YEAR.findall(before)) == 1
    if match["side"]:
        if _OVER.search(before):
            return False
        if match["unit"].lower() == "week":
            return match["side"].lower() != "this" and 0 < published.weekday() < 5
        if match["unit"].lower() == "year" and published.month > 1:
            return True
        return published.day < 29 if match["side"].lower() == "next" else published.day > 2
    if match["month"]:
        return (published - first).days > HALF_A_YEAR // 2
    return bool(match["units"]) and match["units"].lower() == "day" and (published - first).days < 7


def _is_plain_weekday(match: re.Match[str], day: date, published: date, ahead: bool, past: bool, waited: bool) -> bool:
    """`_is_plain` for a weekday. `waited`: the weekday ends something past, as in "heard nothing until Monday"."""
    days = (day - published).days
    which = (match["which"] or "").lower()
    if which in ("this past", "this coming"):
        return True
    if which == "next":  # on a Monday, "next Friday" may be this week's
        return day.weekday() < published.weekday()
    if which == "last":
        return day.weekday() > published.weekday() and days >= -6
    if which or (ahead and waited):
        return False
    return 0 < days <= MOST_AHEAD if ahead else past and -MOST_BACK <= days <= 0


def _period(match: re.Match[str], text: str, published: date) -> tuple[date, date] | None:
    if match["weekday"]:
        if not match["weekday"][0].isupper():
            return None
        day = _weekday(match, text, published)
        return day, day
    if match["day"]:
        word = match["day"].lower()
        day = published + timedelta(days={"yesterday": -1, "last night": -1, "tomorrow": 1}.get(word, 0))
        return day, day
    if match["weekend"]:
        return _weekend(match, text, published)
    if match["feast"]:
        return _feast(match["feast"], published)
    if match["other"]:
        years = _YEAR.findall(text[: match.start()])
        step = 1 if match["other"].split()[1].lower() in ("following", "next") else -1
        return _unit("year", step, date(int(years[-1]), 1, 1)) if years else None
    if match["season"]:
        return _season(match["season"].lower(), published)
    if match["side"]:
        step = {"last": -1, "this": 0, "next": 1}[match["side"].lower()]
        return _unit(match["unit"].lower(), step, published)
    if match["month"]:
        return _month(match["month"], published)
    return _units_ago(match, published)


def _units_ago(match: re.Match[str], published: date) -> tuple[date, date]:
    word = match["count"].lower()
    count = int(word) if word.isdigit() else 1 if word in ("a", "an") else NUMBERS[word]
    if match["units"].lower() == "day":
        day = published - timedelta(days=count)
        return day, day
    return _unit(match["units"].lower(), -count, published)


def _weekday(match: re.Match[str], text: str, published: date) -> date:
    weekday = weekdays[weekday_number(match["weekday"])]
    which = (match["which"] or "").lower()
    if which in ("next", "this coming", "the following"):
        return _moved(published, days=1, weekday=weekday(1))
    if which in ("last", "this past"):
        return _moved(published, days=-1 if which == "this past" else -1 - NOT_LAST, weekday=weekday(-1))
    if _looks_ahead(match, text):
        return _moved(published, weekday=weekday(1))
    return _moved(published, weekday=weekday(-1))


def _weekend(match: re.Match[str], text: str, published: date) -> tuple[date, date]:
    saturday = published + relativedelta(weekday=SA(-1))
    if "last" in match["weekend"].lower() and published.weekday() >= 5:
        saturday -= timedelta(days=7)
    elif "this" in match["weekend"].lower() and published.weekday() < 5 and _looks_ahead(match, text):
        saturday += timedelta(days=7)
    return saturday, saturday + timedelta(days=1)


def _season(name: str, published: date) -> tuple[date, date]:
    """The latest season of that name that was over by then."""
    first = date(published.year, _SEASONS[name], 1)
    while first + relativedelta(months=3) > published:
        first -= relativedelta(years=1)
    return first, first + relativedelta(months=3, days=-1)


def _month(name: str, published: date) -> tuple[date, date]:
    """The latest month of that name before the one in which it was published."""
    first = date(published.year, month_number(name), 1)
    if first >= published.replace(day=1):
        first -= relativedelta(years=1)
    return first, first + relativedelta(day=31)


def _feast(name: str, published: date) -> tuple[date, date]:
    """The day of that feast that is nearest to the day of publication, twice: as first and last day."""
    month, number = _FEASTS[name.lower().replace("’", "'")]
    day = date(published.year, month, number)
    if abs((day - published).days) > HALF_A_YEAR:
        day += relativedelta(years=1 if day < published else -1)
    return day, day


def _moved(day: date, days: int = 0, weekday: Any = None) -> date:
    moved: date = day + relativedelta(days=days, weekday=weekday)
    return moved


def _looks_ahead(match: re.Match[str], text: str) -> bool:
    """Whether the nearest verb, before the date in its clause or else after it, is about the future."""
    before = re.split(r"[;:—–]|, (?:but|and|who|which) ", text[: match.start()])[-1]
    # "Has a second try" is about the future.
    verbs = [verb for verb in _TENSE.finditer(before) if not _PRESENT.match(before, verb.start())]
    if not verbs and not _PRESENT.search(before):
        verbs = [*_TENSE.finditer(re.split(r"[;:—–]| but | after | that ", text[match.end() :])[0])][:1]
    return bool(verbs[-1]["ahead"]) if verbs else bool(_PRESENT.search(before))


def _unit(unit: str, step: int, published: date) -> tuple[date, date]:
    if unit == "week":
        monday = published + relativedelta(weekday=MO(-1)) + timedelta(weeks=step)
        return monday, monday + timedelta(days=6)
    if unit == "month":
        first = published + relativedelta(months=step, day=1)
        return first, first + relativedelta(day=31)
    first = published + relativedelta(years=step, month=1, day=1)
    return first, first + relativedelta(month=12, day=31)


def _day(day: date) -> str:
    return f"{day.day} {day:%B} {day.year}"
