"""The day that a stated date means: in figures of any order, with names of months in many languages, as seconds.

A date that can be read two ways ("05/04/2024") is decided by the outlet's address or the language. Where those do not
decide it, the day is unknown, and both readings are kept in its basis. A date that cannot be is unknown too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal

from dateutil import parser

from rag.article import UNKNOWN, Provenance
from rag.errors import UsageError

Order = Literal["day", "month"]
"""Which number comes first in a date in figures that ends with the year."""

FARTHEST = timedelta(days=3653)
"""A day further ahead than this is a mistake of the program that wrote it."""
EARLIEST = "1605"
"""The year of the first newspaper."""
_PLACEHOLDERS = {
    "0001-01-01", "1899-12-30", "1899-12-31", "1900-01-01", "1904-01-01", "1969-12-31", "1970-01-01", "9999-12-31",
}  # fmt: skip
"""Days that programs write where they know none: the beginnings and ends of their calendars."""
_SECONDS = {10: 1, 13: 1_000, 16: 1_000_000}
"""The number of digits of a time that is counted from 1970, and its parts of a second."""
_DEFAULTS = datetime(2000, 1, 1, 0, 0), datetime(2004, 2, 2, 1, 1)
"""What a text leaves out is taken from these: what it states is the same with both."""
_YEAR_FIRST = re.compile(
    r"(?<!\d)(\d{4})(?:([-/.])(\d{1,2})\2(\d{1,2})|[年년]\s*(\d{1,2})[月월]\s*(\d{1,2})[日일])(?!\d)"
)
IN_FIGURES = re.compile(
    r"(?<![\d./-])(?P<one>\d{1,2})(?P<mark>[./-]) ?(?P<other>\d{1,2})(?P=mark) ?(?P<year>\d{4}|\d{2})(?![\d/-]|\.\d)"
)
IN_WORDS = re.compile(
    r"(?<![\d.:])(\d{1,2})(?:\.|st|nd|rd|th|er|[ºª])?\s+(?:de\s+|of\s+|d['’])?([^\W\d_]{3,14})\.?,?(?:\s+del?)?\s+(\d{4})"
    r"(?!\d)"
)
"""A day, the name of its month and the year, in most languages that are written in this order."""
_ZONE_NAMES_ABROAD = {"io", "tv", "me", "co", "ai", "fm", "ly", "to", "cc", "ws", "gg", "eu", "nu", "am", "is", "la"}
"""Endings of countries that outlets elsewhere use."""
NOTE = re.compile(r"“(?P<written>.+)” can be read as (?P<one>\d{4}-\d\d-\d\d) or (?P<other>\d{4}-\d\d-\d\d)")


@dataclass(frozen=True, slots=True)
class Dated:
    """A stated date. `day` is None if it is not known; `first` and `last` are then the month, if that is stated.

    `basis` says what makes it doubtful, or in which order its figures were read; it is None for a plain date.
    """

    day: str | None = None
    basis: Provenance | None = None
    first: str | None = None
    last: str | None = None


def as_text(value: object) -> str | None:
    """A date as a string: seconds, milliseconds or microseconds since 1970 are written out in ISO form (UTC)."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = " ".join(_plain_digits(str(value)).split())
    whole = text.partition(".")[0] if re.fullmatch(r"\d+\.\d+", text) else text
    if isinstance(value, str) and len(whole) not in _SECONDS:
        return text or None
    if whole.isdigit() and (len(whole) in _SECONDS or int(whole) == 0):
        return datetime.fromtimestamp(int(whole) / _SECONDS.get(len(whole), 1), UTC).isoformat()
    return text or None


def read_date(stated: Iterable[object], order: Order | None = None, language: str | None = None) -> Dated:
    """The first of the `stated` dates that is one, else what is doubtful about them.

    Args:
        stated: dates as a file, page or person has them, the best first.
        order: the order of figures where the outlet writes them, see `order_of`.
        language: the code of the language that names of months may be in.
    """
    doubtful = Dated()
    for value in stated:
        text = as_text(value)
        found = _read(text, order, language) if text else Dated()
        if found.day:
            return found
        doubtful = doubtful if doubtful != Dated() else found
    return doubtful


def whole_date(value: object, order: Order | None = None, language: str | None = None) -> str | None:
    """The ISO date of a date in any usual notation; None if it is not one, is doubtful, or lacks a part."""
    return read_date([value], order, language).day


def order_of(host: str | None, language: str | None = None) -> Order | None:
    """The order in which an outlet at `host`, or people who write `language` ("en-GB"), write day and month (CLDR).

    None where it is not known: English alone does not tell.
    """
    ending = (host or "").rpartition(".")[2].lower()
    territory = {"uk": "GB"}.get(ending, ending.upper()) if len(ending) == 2 else ""
    if ending not in _ZONE_NAMES_ABROAD and (found := _order_in(f"und_{territory}")):
        return found
    tag = (language or "").replace("-", "_")
    return None if tag.lower() in ("", "en") else _order_in(tag)


def order_shown_by(basis: Provenance) -> Order | None:
    """The order of the figures of a date whose basis says that it can be read in one way only."""
    found = IN_FIGURES.search(basis.note or "") if basis.how == "stated" else None
    if not found or found["mark"] == ".":
        return None
    one, other = int(found["one"]), int(found["other"])
    return "day" if one > 12 else "month" if other > 12 else None


def in_order(note: str, order: Order) -> tuple[str, str] | None:
    """The day that an undecided date means in an order, and the date as it is written. None for any other note."""
    doubt = NOTE.search(note)
    figures = IN_FIGURES.search(doubt["written"]) if doubt else None
    if not doubt or not figures:
        return None
    return (doubt["one"] if order == "day" else doubt["other"]), doubt["written"]


@lru_cache(256)
def _order_in(locale: str) -> Order | None:
    from babel import Locale, UnknownLocaleError  # imported late: few dates need it
    from babel.core import get_global

    if locale.startswith("und_") and locale[4:] not in Locale("en").territories:
        return None
    # CLDR leaves out the countries in which English is the likely language.
    likely = get_global("likely_subtags").get(locale, locale.replace("und_", "en_"))
    try:
        pattern = str(Locale.parse(likely).date_formats["short"].pattern).lower()
    except (UnknownLocaleError, ValueError):
        return None
    if pattern.startswith("y"):  # the year first; where it is last, the order is not known
        return None
    return "day" if pattern.index("d") < pattern.index("m") else "month"


def _read(text: str, order: Order | None, language: str | None) -> Dated:
    if found := _YEAR_FIRST.search(text):
        numbers = [int(each) for each in found.groups() if each and each.isdigit()]
        return _checked(_day(*numbers), text)
    if figures := IN_FIGURES.search(text):
        return _in_figures(figures, order)
    if (words := IN_WORDS.search(text)) and (day := _in_words(words, language)):
        return _checked(day, text)
    with suppress(ValueError):
        return _checked(datetime.fromisoformat(text).date(), text)
    if not re.search(r"[^\W\d_]{3}|\d{4}", text):
        return Dated()
    try:
        one, other = (parser.parse(text, default=each, ignoretz=True).date() for each in _DEFAULTS)
    except (ValueError, OverflowError):
        return Dated()
    if one == other:
        return _checked(one, text)
    if (one.year, one.month) == (other.year, other.month) and re.search(r"[^\W\d]{3}|\d{4}[-/]\d", text):
        last = (one.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
        basis = Provenance("unknown", note=f"“{text}” names the month only")
        return Dated(None, basis, one.replace(day=1).isoformat(), last.isoformat())
    return Dated()


def _in_figures(figures: re.Match[str], order: Order | None) -> Dated:
    """A date that ends with the year. With full stops between its figures the day is always first."""
    one, other, year = (int(figures[each]) for each in ("one", "other", "year"))
    written, short = figures.group(), len(figures["year"]) == 2
    if short:
        year += 2000 if year <= date.today().year % 100 + 1 else 1900
    day_first, month_first = _day(year, other, one), _day(year, one, other)
    if figures["mark"] == ".":
        month_first = None
    found = [each for each in (day_first, month_first) if each]
    found = [each for each in found if each <= date.today() + timedelta(days=1)] or found  # news is not of the future
    if not found:
        return Dated()
    basis = Provenance("stated", note=f"“{written}”")
    if len(set(found)) == 1:
        return _checked(found[0], written, basis)
    if order:
        return _checked(found[0] if order == "day" else found[1], written, basis)
    one_way, other_way = (each.isoformat() for each in found)
    return Dated(None, Provenance("unknown", note=f"“{written}” can be read as {one_way} or {other_way}"))


def _in_words(words: re.Match[str], language: str | None) -> date | None:
    """A day with the name of its month in any language (dateparser)."""
    day, month, year = words.groups()
    with suppress(ValueError, OverflowError):
        found: datetime = parser.parse(f"{day} {month} {year}")
        return found.date()
    import dateparser  # imported late: it is slow, and few dates need it

    settings = {"REQUIRE_PARTS": ["day", "month", "year"], "PARSERS": ["absolute-time"]}
    text = f"{day} {month.lower()} {year}"
    languages = [language.split("-")[0].lower()] if language else None
    for tried in [languages, None] if languages and languages != ["en"] else [None]:
        with suppress(ValueError):  # a language that dateparser does not know
            if parsed := dateparser.parse(text, languages=tried, settings=settings):
                return date(parsed.year, parsed.month, parsed.day)
    return None


def _day(year: int, month: int, day: int) -> date | None:
    with suppress(ValueError):
        return date(year, month, day)
    return None


def _checked(day: date | None, written: str, basis: Provenance | None = None) -> Dated:
    """The day, unless nothing can have been published on it."""
    if day is None:
        return Dated()
    if day.isoformat() in _PLACEHOLDERS:
        return Dated(None, Provenance("unknown", note=f"“{written}” is what programs write where they know no date"))
    if day > date.today() + FARTHEST or day.isoformat() < EARLIEST:
        when = "before there were newspapers" if day.isoformat() < EARLIEST else "too far in the future"
        return Dated(None, Provenance("unknown", note=f"“{written}” is {when}"))
    return Dated(day.isoformat(), basis)


def _plain_digits(text: str) -> str:
    """The text with the digits of other scripts as 0 to 9."""
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)


def doubt(basis: Provenance) -> str | None:
    """Why a date that is stated is unknown all the same; None if it is known, or none is stated."""
    return basis.note if basis.how == "unknown" and basis != UNKNOWN else None


def typed_date(text: str, name: str) -> str:
    """The ISO date of a day that a person typed, in any usual notation.

    Raises UsageError if it is none, or can be read two ways; `name` is what the message calls it.
    """
    found = read_date([text])
    if found.day:
        return found.day
    reason = doubt(found.basis) if found.basis else None
    if found.basis and NOTE.search(found.basis.note or ""):
        raise UsageError(f"{name} {reason}: write one of these.")
    raise UsageError(f"{name} {text!r} is not a day: write it as YYYY-MM-DD, for example 2018-10-29.")
