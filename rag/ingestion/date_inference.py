"""Infers when an undated article was published, from its date line, its captions and its sentences.

Only what the text itself says becomes a date. What is inferred with the help of another article is a range of days.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from rag.article import Provenance, Sentence, Span
from rag.text.date_patterns import WEEKDAY, weekday_number, whole_dates

_TIME_OF_DAY = r"\d{1,2}[:.]\d\d ?(?:[ap]\.?m\.?)?"
_DATE_LINE = re.compile(
    r"^(?:(?:published|posted|updated|last updated|first published|date)(?: on| at)?:? )?"
    rf"(?:{WEEKDAY},? )?(?:{_TIME_OF_DAY},? )?§(?:,? (?:at )?{_TIME_OF_DAY})?(?: \(?[A-Z]{{2,4}}\)?)?$",
    re.IGNORECASE,
)
_OLD_PHOTO = re.compile(r"\bfile\b|^(?:in )?this\b|\barchive\b", re.IGNORECASE)
_FUTURE = re.compile(
    r"\b(?:will|would|is to|are to|expected to|scheduled|due|plans? to|planned|set to|going to|upcoming|coming|"
    r"ahead of|before|next|later this|until|by|could|may|might)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[^,;:–—]+[,;:–—]*")
_WEEKDAY = re.compile(rf"\b(?P<far>last|next|every|each|past)?\s?\b(?P<day>{WEEKDAY})\b", re.IGNORECASE)
_AROUND = 3
"""Days before and after publication in which news calls a day just by its weekday."""
_SAME_NEWS = 3
"""Days between two reports that quote the same words. Of 42 pairs in ../shared/bench that are at most a week apart, 41
are no further apart than this; of all 60 pairs it is 41.
"""


@dataclass(frozen=True, slots=True)
class DatedWords:
    """A dated article that quotes the same words: its label, its date, and where the words are in the undated one."""

    label: str
    published: date
    span: Span


@dataclass(frozen=True, slots=True)
class Inferred:
    """A range of days, both ends included, either of them open; and the reasons for it."""

    first: date | None
    last: date | None
    basis: Provenance


def stated_date(
    text: str, lines: Sequence[Span], omitted: Sequence[Span], place: str | None
) -> tuple[date, Provenance] | None:
    """The day of publication that the text itself gives, with its basis; None if it gives none.

    It is the date line among the first or last `lines` (the spans of the paragraphs), or the date in the caption of a
    photograph that shows somebody of the story at the `place` of its dateline. `omitted`: the spans with the captions.
    """
    for start, end in [*lines[:6], *lines[-3:]]:
        for day, (a, b) in whole_dates(text[start:end]):
            if _DATE_LINE.match(text[start : start + a] + "§" + text[start + b : end]):
                return day, Provenance("text", ((start, end),), "the date line")
    if place is None:
        return None
    for start, end in omitted:
        caption = text[start:end]
        body = text[:start] + text[end:]
        at_the_scene = re.search(rf"\b{re.escape(place)}\b", caption, re.IGNORECASE) and not _OLD_PHOTO.search(caption)
        names = re.findall(r"\b[A-Z][\w’'-]+ [A-Z][\w’'-]+\b", caption)
        of_the_story = any(name in body for name in names if not name.isupper() and name.lower() not in place.lower())
        days = [day for day, _ in whole_dates(caption)]
        if at_the_scene and of_the_story and len(days) == 1:
            note = f"the day of a photograph of those the story is about, taken where it was written ({place})"
            return days[0], Provenance("inferred", ((start, end),), note)
    return None


def inferred(text: str, sentences: Sequence[Sentence], beside: DatedWords | None = None) -> Inferred | None:
    """The days on which an undated article can have been published, from what its sentences imply.

    `beside`: a dated article that quotes the same words, if the library has one. None if nothing follows.
    """
    told = [(sentence.start, sentence.end) for sentence in sentences]
    if beside is not None:
        reasons = [(beside.span, f"it quotes the words that {beside.label} of {beside.published} quotes")]
        days = [beside.published + timedelta(offset) for offset in range(-_SAME_NEWS, _SAME_NEWS + 1)]
        weekdays, spans = _weekdays(text, told)
        fitting = [day for day in days if all(_near(day, *each) for each in weekdays)]
        if weekdays and fitting:
            days = fitting
            reasons += [(span, "the days of the week it calls past and coming") for span in spans]
        return Inferred(min(days), max(days), _because(reasons))
    # There is no last day; but the article cannot be older than a day that it reports as past.
    past = [
        (day, span)
        for span in told
        for day, _ in whole_dates(text[slice(*span)])
        if not _FUTURE.search(text[slice(*span)]) and day <= date.today()
    ]
    if past:
        latest, span = max(past)
        return Inferred(latest, None, _because([(span, f"it tells of {latest} as past")]))
    return None


def _weekdays(text: str, told: Sequence[Span]) -> tuple[list[tuple[int, bool]], list[Span]]:
    """The weekdays named outside quotations, each with whether it is in the future, and their sentences' spans."""
    found: dict[tuple[int, bool], None] = {}
    spans: list[Span] = []
    for start, end in told:
        sentence = text[start:end]
        for day in _WEEKDAY.finditer(sentence):
            if day["far"] or sentence.lstrip()[:1] in "\"“'‘":
                continue
            clause = next(part for part in _CLAUSE.finditer(sentence) if part.end() > day.start())
            found[weekday_number(day["day"]), bool(_FUTURE.search(clause[0]))] = None
            if (start, end) not in spans:
                spans.append((start, end))
    return list(found), spans


def _near(day: date, weekday: int, to_come: bool) -> bool:
    """Whether a weekday that is past (or in the future) is within _AROUND days of `day`."""
    distance = (weekday - day.weekday()) % 7 if to_come else (day.weekday() - weekday) % 7
    return distance <= _AROUND


def _because(reasons: Sequence[tuple[Span, str]]) -> Provenance:
    notes = "; ".join(dict.fromkeys(note for _, note in reasons))
    return Provenance("inferred", tuple(dict.fromkeys(span for span, _ in reasons)), notes)
