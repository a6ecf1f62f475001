"""The day and the time of day at which an article was published, as its page, feed or file states them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

from dateutil import parser

from rag.text.stated_dates import IN_FIGURES, IN_WORDS, as_text

_DEFAULTS = datetime(2000, 1, 1, 0, 0), datetime(2004, 2, 2, 1, 1)
"""What a text leaves out is taken from these: what it states is the same with both."""
_FEED_DATE = re.compile(r"(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} (?:\d\d)?\d\d \d\d:\d\d(?::\d\d)? [A-Z]{2,3}")
_FEED_ZONES = {"UT": 0, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7}
"""Time zones in dates of RFC 822. In other notations they are ignored: "CST" may be China's."""
_AHEAD_OF_GMT = re.compile(r"\b(?:GMT|UTC) ?(?=[+-]\d)")
_CLOCK = re.compile(r"(?:[^\W\d_]+\.? )?\b(\d{1,2}) ?[:.hH] ?([0-5]\d)\b(?: ?(?:Uhr|h)\b)?")
"""A time as "18h20", "kl. 18.20" or "18:20 Uhr"."""
_WEST, _EAST = timedelta(hours=-12), timedelta(hours=14)


def published_at(published: str | None, stated: Iterable[object]) -> str | None:
    """The first of the `stated` dates that has a time and fits the day `published` (ISO), in ISO form.

    It keeps its offset if it has one. Of two with the same time, the one with an offset is taken. None if only days are
    stated, or other days.
    """
    if published is None:
        return None
    day = date.fromisoformat(published)
    moments = [moment for value in stated if (moment := _moment(value, published)) is not None]
    fitting = [each for each in moments if each.date() == day] or [each for each in moments if _can_be(each, day)]
    if not fitting:
        return None
    clock = fitting[0].replace(tzinfo=None)
    zoned = (each for each in fitting if each.tzinfo and each.replace(tzinfo=None) == clock)
    return next(zoned, fitting[0]).isoformat(timespec="seconds")


def goes_with(published: str | None, moment: str | None) -> bool:
    """Whether a moment (ISO) is on the day `published` (ISO), or one day off because of its time zone."""
    return moment is not None and published_at(published, [moment]) is not None


def _moment(value: object, published: str) -> datetime | None:
    """The date and time in `value`; None if it has no time. A date in figures is taken to be the day `published`.

    Midnight without an offset does not count: programs write it if they only know the day.
    """
    value = as_text(value)
    if value is None:
        return None
    value = IN_FIGURES.sub(published, value, count=1)
    try:
        moment: datetime | None = datetime.fromisoformat(value)
    except ValueError:
        moment = _in_another_notation(value) or _in_another_notation(
            _CLOCK.sub(r"\1:\2", IN_WORDS.sub(f"{published} ", value, count=1))
        )
    return moment if moment and (moment.tzinfo or moment.time() != datetime.min.time()) else None


def _in_another_notation(value: str) -> datetime | None:
    # People write "GMT+9" for nine hours ahead of GMT; dateutil reads it the other way round, as POSIX does.
    value = _AHEAD_OF_GMT.sub("", value)
    names = _FEED_ZONES if _FEED_DATE.fullmatch(value) else {}

    def zone(name: str | None, offset: int | None) -> tzinfo | None:
        """The zone of a name or offset. dateutil would take the name for one of this machine's zones."""
        if offset is not None:
            return timezone(timedelta(seconds=offset))
        return timezone(timedelta(hours=names[name])) if name in names else None

    try:
        one, other = (parser.parse(value, default=each, tzinfos=zone) for each in _DEFAULTS)
    except (ValueError, OverflowError):
        return None
    return one if one.time() == other.time() else None


def _can_be(moment: datetime, day: date) -> bool:
    """Whether the moment, which has an offset, is on `day` somewhere else in the world."""
    if moment.tzinfo is None or abs((moment.date() - day).days) != 1:
        return False
    try:
        there = moment.astimezone(UTC)
        return (there + _WEST).date() <= day <= (there + _EAST).date()
    except OverflowError:  # the first day of the first year
        return False
