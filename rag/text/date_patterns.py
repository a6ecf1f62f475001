"""Names of months and weekdays, patterns of written dates, and the days that a written date means."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta

from dateutil.relativedelta import relativedelta

from rag.text.words import NUMBERS

MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTH = rf"(?:Sept|{'|'.join(f'{name[:3]}(?:{name[3:]})?' for name in MONTHS)})(?![a-z])\.?"
MONTH_OR_STOP = rf"(?:{'|'.join(MONTHS)}|(?:Sept|{'|'.join(name[:3] for name in MONTHS if name != 'May')})\.)"
"""A month in full, or shortened with a full stop: without one, "Mar" and "Dec" may be names."""
WEEKDAY = rf"(?:{'|'.join(WEEKDAYS)})"
DAY = r"\d{1,2}(?:st|nd|rd|th)?"
IN_FIGURES = r"\d{1,2}[/.]\d{1,2}[/.]\d{4}"
DATE = (
    rf"(?:\d{{4}}-\d\d-\d\d|{IN_FIGURES}|(?:the )?{DAY}(?: of)? {MONTH},? \d{{4}}|"
    rf"{MONTH} {DAY},? \d{{4}}|{MONTH},? (?:of )?\d{{4}}|(?:the year )?(?:19|20)\d\d)"
)
"""A date as people write it in a question: a day, a month or a year, always with its year."""
_HOW_MANY = r"(?:\d+|two|three|four|five|six|seven|ten|couple|few)"
RELATIVE = (
    r"(?-i:today)|yesterday|(?:this|last|past) (?:week|month|year)|"
    rf"(?:the )?(?:last|past) {_HOW_MANY}(?: of)? (?:days|weeks|months)"
)
"""A stretch of time that is counted from today; `days_of` reads it."""
LONGEST_STRETCH = 36500
"""Days. "The last 999999 weeks" would begin before the first year there is."""
_WHOLE_DATE = re.compile(
    rf"\b(?P<month>{MONTH}) (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>(?:19|20)\d\d)\b"
    rf"|\b(?P<day2>\d{{1,2}})(?:st|nd|rd|th)? (?P<month2>{MONTH}),? (?P<year2>(?:19|20)\d\d)\b"
    r"|\b(?P<iso>(?:19|20)\d\d-[01]\d-[0-3]\d)\b",
    re.IGNORECASE,
)
_ANY_DATE = re.compile(rf"(?<![\w/.])(?:{DATE})(?![\w/]|\.\d)", re.IGNORECASE)


def month_number(name: str) -> int:
    """The number of a month, 1 to 12, by its name in full or shortened."""
    return [month[:3] for month in MONTHS].index(name[:3].capitalize()) + 1


def weekday_number(name: str) -> int:
    """The number of a weekday, 0 for Monday to 6 for Sunday, as `date.weekday` counts."""
    return WEEKDAYS.index(name.capitalize())


def whole_dates(text: str) -> Iterator[tuple[date, tuple[int, int]]]:
    """The dates in a text that give day, month and year, each with its start and end."""
    for found in _WHOLE_DATE.finditer(text):
        with suppress(ValueError):  # the 31st of June
            if found["iso"]:
                yield date.fromisoformat(found["iso"]), found.span()
            else:
                month = month_number(found["month"] or found["month2"])
                yield (
                    date(int(found["year"] or found["year2"]), month, int(found["day"] or found["day2"])),
                    found.span(),
                )


def impossible_date(text: str) -> str | None:
    """The first words that are written as a date but name no day of the calendar ("31 February 2025"), else None."""
    for found in _ANY_DATE.finditer(text):
        in_figures = re.fullmatch(IN_FIGURES, found.group())
        if not (_days_in_figures(found.group()) if in_figures else period_of(found.group())):
            return found.group().removeprefix("the ")
    return None


def period_of(text: str) -> tuple[date, date] | None:
    """The first and last day of the day, month or year that `text` (see DATE) names.

    None for a date that is not in the calendar, and for one in figures that may be either of two days ("03/05/2024").
    """
    if re.fullmatch(IN_FIGURES, text):
        days = _days_in_figures(text)
        return (min(days), max(days)) if len(days) == 1 else None
    month, year = re.search(rf"\b{MONTH}", text, re.IGNORECASE), re.search(r"\d{4}", text)
    number = re.search(r"\b\d{1,2}(?!\d)", text)
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            first = last = date.fromisoformat(text)
        elif year and month:
            first = date(int(year.group()), month_number(month.group()), int(number.group()) if number else 1)
            last = first if number else first + relativedelta(day=31)
        elif year and not number:
            first, last = date(int(year.group()), 1, 1), date(int(year.group()), 12, 31)
        else:
            return None
    except ValueError:
        return None
    return first, last


def completed(first: str, last: str) -> str:
    """The first of two dates, with the month and year that only the last one gives ("2 and 7 May 2024")."""
    if re.search(r"\d{4}", first):
        return first
    month = re.search(rf"\b{MONTH}(?!\w)", last, re.IGNORECASE)
    if re.fullmatch(DAY, first):
        first = f"{first} {month.group() if month else ''}"
    year = re.search(r"\d{4}", last)
    return f"{first} {year.group() if year else ''}".strip()


def days_of(text: str, today: date) -> tuple[date, date]:
    """The first and last day of a stretch that is counted from today ("last week", "the past 3 days"; see RELATIVE)."""
    monday = today - timedelta(days=today.weekday())
    first_of_month = today.replace(day=1)
    if text == "today":
        return today, today
    if text == "yesterday":
        return today - timedelta(days=1), today - timedelta(days=1)
    if text.startswith("the ") and len(text.split()) == 3:  # "in the last week": the days up to this one
        return today - timedelta({"week": 7, "month": 30}[text.split()[-1]]), today
    if number := re.search(rf"\b{_HOW_MANY}\b", text):
        count = (NUMBERS | {"couple": 2, "few": 3}).get(number.group()) or int(number.group())
        days = {"day": 1, "wee": 7, "mon": 30}[text.split()[-1][:3]]
        return today - timedelta(days=min(count * days, LONGEST_STRETCH)), today
    this = text.startswith("this")
    if text.endswith("week"):
        return (monday, today) if this else (monday - timedelta(days=7), monday - timedelta(days=1))
    if text.endswith("month"):
        before = first_of_month - timedelta(days=1)
        return (first_of_month, today) if this else (before.replace(day=1), before)
    year = today.year if this else today.year - 1
    return date(year, 1, 1), today if this else date(year, 12, 31)


def _days_in_figures(text: str) -> set[date]:
    """The days that a date in figures may mean: two where either number may be the month."""
    one, other, year = map(int, re.findall(r"\d+", text))
    found = set()
    for month, day in ((one, other), (other, one)):
        with suppress(ValueError):
            found.add(date(year, month, day))
    return found
