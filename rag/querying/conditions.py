"""Conditions that a question puts in plain words: which outlet tells it, and when it was published."""

from __future__ import annotations

import calendar
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from rag.article import Filters
from rag.outlets import aliases_of
from rag.words import NUMBERS

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?|Oct(?:ober)?|"
    r"Nov(?:ember)?|Dec(?:ember)?)\.?"
)
DATE = (
    rf"(?:\d{{4}}-\d\d-\d\d|(?:the )?\d{{1,2}}(?:st|nd|rd|th)?(?: of)? {_MONTH},? \d{{4}}|"
    rf"{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}}|{_MONTH},? (?:of )?\d{{4}}|(?:the year )?(?:19|20)\d\d)"
)
RELATIVE = (
    r"(?-i:today)|yesterday|(?:this|last|past) (?:week|month|year)|"
    r"(?:the )?(?:last|past) (?:\d+|two|three|four|five|six|seven|ten|couple of|few) (?:days|weeks|months)"
)
_PUBLISHED = (
    r"(?:articles?|reports?|reporting|stor(?:y|ies)|coverage|news|pieces?|headlines?|published|printed|written)"
)
_PRINTS = r"(?:reported|published|publish|printed|print|written|wrote|run|ran|carried|carry|covered)"
_EDGE = rf"\b(before|prior to|until|till|up to|through|by|after|since|from|as of) ({DATE})\b"
_PATTERNS = [
    ("between", re.compile(rf"\b(?:between|from) ({DATE}|{_MONTH}) (?:and|to|until|till) ({DATE})\b", re.IGNORECASE)),
    # A bare date tells when something happened, unless it is said of the articles themselves.
    ("within", re.compile(rf"\b{_PUBLISHED} (?:\w+ ){{0,3}}?(?:in|on|of|from|during) ({DATE})\b", re.IGNORECASE)),
    ("within", re.compile(rf"\b({DATE})(?:['’]s)? {_PUBLISHED}\b", re.IGNORECASE)),
    ("edge", re.compile(_EDGE, re.IGNORECASE)),
    ("relative", re.compile(rf"\b({RELATIVE})['’]s? ", re.IGNORECASE)),
    ("relative", re.compile(rf"\b(?:{_PUBLISHED}|{_PRINTS}) (?:\w+ ){{0,3}}?({RELATIVE})\b", re.IGNORECASE)),
    ("relative", re.compile(rf"\b(?:in|over|during|within|from) ({RELATIVE})\b", re.IGNORECASE)),
    ("relative", re.compile(r"\bsince (yesterday|last (?:week|month|year))\b", re.IGNORECASE)),
]
# "by 2020" and "from 2010" tell of the event; with a day or month they may tell of the article, but mostly do not.
_EVENT_EDGES = frozenset(("by", "from", "through"))

_TELLS = (
    r"(?:reports?|reported|says?|said|writes?|wrote|describes?|claims?|claimed|puts?|gives?|quotes?|calls?|cites?|covers?|"
    r"suggests?|credits?|mentions?|differ|disagree|agree)"
)
_BEFORE = (
    r"(?:according to|per|as reported (?:by|in)|"
    r"(?:reported|published|printed|carried|quoted|cited|covered|told|run) (?:by|in))"
)
_ACCOUNT = (
    r"(?:accounts?|reports?|story|stories|articles?|coverage|version|piece|column|reporting|correction|readers|photo|"
    r"caption|opinion|own)"
)
_SEVERAL = re.compile(
    r"\b(?:outlets?|newspapers?|papers|(?<!social )media|sources)\b.*"
    r"\b(?:differ|agree|disagree|say|report|compare|account|figure)|"
    r"\b(?:reports|accounts|versions|stories|articles)\b.*\b(?:differ|agree|disagree)|"
    r"\b(?:differ|agree|disagree|compare)\w*\b.*\b(?:outlets?|newspapers?|papers|reports|accounts|versions|coverage|sources?)",
    re.IGNORECASE,
)
_MAY_PRECEDE = frozenset(
    ("the", "in", "by", "from", "per", "to", "did", "does", "do", "has", "have", "had", "on", "and", "or")
)
_COMPARES = re.compile(
    r"\b(?:compared?|versus|vs|differ\w*|agree\w*|disagree\w*|both|respectively|alike)\b|"
    r"\band (?:in|per|according to|by|as|to) ",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Conditions:
    """What was understood: the filters, and the question without the words that named them.

    `asked` is the question without those that tell it, even where it compares several and cannot do without them;
    `tellers` are these: outlets, and origins ("the Associated Press story"), where two at least are compared.
    """

    filters: Filters
    question: str
    asked: str
    tellers: tuple[str, ...] = ()


def read_conditions(
    question: str, outlets: Sequence[str], today: date, origins: Callable[[], Sequence[str]] = tuple
) -> Conditions:
    """The conditions in `question` on outlets (of those given, by any of their names) and on dates of publication.

    `origins` tells those who wrote articles that outlets carry: no condition, but they may be compared with an outlet.

    Dates are of publication only where the words say so ("articles from May 2017", "before 3 May 2017", "last week's");
    a bare date in a question tells when something happened. An outlet is a condition only where it is named as the one
    who tells ("according to …", "what did … report"), not where it is told to or written about; where two accounts are
    compared and only one is of an outlet that is there, it is none.
    """
    named = [(outlet, spans) for outlet in outlets if (spans := _told_by(question, outlet))]
    named.sort(key=lambda pair: pair[1])
    compares = len(named) == 1 and bool(_COMPARES.search(question))
    chosen = () if compares else tuple(outlet for outlet, _ in named)
    if len(named) < 2 and _COMPARES.search(question):
        others = [name for name in origins() if name not in [outlet for outlet, _ in named]]
        named += [(origin, spans) for origin in others if (spans := _told_by(question, origin))]
        named.sort(key=lambda pair: pair[1])
    tellers = tuple(name for name, _ in named) if len(named) > 1 else ()
    since, until, dated = _dates(question, today)
    aside = [dated] if dated else []
    if len(chosen) == 1 and not tellers:  # with several the question would lose what it compares
        aside += [span for span in named[0][1] if _is_aside(question, span)]
    rest = _without(question, _merged(aside))
    asked = _without(rest, _merged([span for _, spans in named for span in spans])) if tellers else rest
    return Conditions(Filters(chosen, since, until), rest, asked, tellers)


def asks_several(question: str, filters: Filters = Filters()) -> bool:
    """Whether the question is about what several outlets tell, so that each should be heard."""
    return len(filters.outlets) > 1 or bool(_SEVERAL.search(question))


def _told_by(question: str, outlet: str) -> list[tuple[int, int]]:
    """Where the question names `outlet` as the one who tells, with the words that say so."""
    spans = []
    for alias in aliases_of(outlet):
        bare = alias.removeprefix("The ").removeprefix("the ")
        if bare.lower() not in question.lower():
            continue
        name = rf"\b(?:the )?(?P<name>{re.escape(bare)})(?!\w|-)"
        asks = r"\b(?:did|does|has|have|had|do)"
        another = r"(?:the )?[\w.]+(?: [\w.]+){0,2}?(?:['’]s)?"
        strong: tuple[str, ...] = (
            rf"\b{_BEFORE} {name}(?:['’]s? (?:\w+ )?{_ACCOUNT})?",
            rf"\b{_BEFORE} (?:[\w.]+ )+(?:and|or) {name}",
            rf"{asks} {name} (?:\w+ )?(?:{_TELLS}|{_PRINTS}|ha(?:ve|d) anything)\b",
            rf"{asks} {another} (?:and|or) {name} (?:\w+ )?{_TELLS}\b",
            rf"{asks} {name},? (?:and|or) {another} (?:each |both )?{_TELLS}\b",
            rf"{asks} {another} (?:and|or) {name} (?:each|both) {_TELLS}\b",
            rf"\b{name} and {another} (?:each|both|respectively)\b",
            rf"(?:\b(?:do|does|did|by|in) |^){another} and {name} (?:each|both|respectively)\b",
            rf"{name} (?:articles|coverage|stories|reports|reporting)\b",
        )
        # A name that is also a word ("Time", "the Sun") is one only as it is written, unless the words before say so.
        weak = (
            rf"{name}['’]s? (?:[\w'’]+ )?{_ACCOUNT}\b",
            rf"{name} (?:ha[sd] )?{_TELLS}\b",
            rf"{name} ha[sd] {_PRINTS}\b",
            rf"{name} and {another} (?:{_TELLS}|{_ACCOUNT})\b",
            rf"{name}['’]s and {another} {_ACCOUNT}\b",
            rf"\band {name} {_TELLS}\b",
            rf"\b[Ii]n {name}(?=[,.?!]| (?:and|with)\b|$)",
            rf"\b(?:[Ff]rom|[Bb]y|[Oo]n) {name}(?=[,.?!]| (?:and|about|on)\b|$)",
            rf"^{name} on\b",
            rf"{name} {_ACCOUNT}\b",
            rf"{name}['’]s (?=(?:source|reporter|correspondent|words)\b)",
            rf"\bto {name}(?=,? and to\b)",
            rf"\band to {name}(?=[,.?!]|$)",
        )
        if re.fullmatch(r"[\w-]+(?:\.[\w-]+)+", bare):  # a domain means the outlet wherever it stands
            strong = (name,)
        flags = re.IGNORECASE if "." in bare or len(bare.split()) > 1 else re.NOFLAG
        patterns = [(pattern, re.IGNORECASE) for pattern in strong]
        patterns += [(pattern.replace("(?:the )?", "(?:[Tt]he )?"), flags) for pattern in weak]
        for pattern, flag in patterns:
            spans += [
                found.span()
                for found in re.finditer(pattern, question, flag)
                if not _ends_longer_name(question, found.start("name"))
            ]
    return _merged(spans)


def _ends_longer_name(question: str, start: int) -> bool:
    """Whether the name goes on from a capitalised word before it, as "Times" does in "Straits Times"."""
    before = re.search(r"(\w+) $", question[:start])
    return before is not None and before.group(1)[0].isupper() and before.group(1).lower() not in _MAY_PRECEDE


def _merged(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _is_aside(question: str, span: tuple[int, int]) -> bool:
    """Whether the words can be left out: they open or close the question and are no part of its clause."""
    start, end = span
    aside = re.match(rf"(?:{_BEFORE}|in|from)\b", question[start:end], re.IGNORECASE)
    return bool(aside) and (not question[:start].strip() or not question[end:].strip(" ?.!"))


def _dates(question: str, today: date) -> tuple[date | None, date | None, tuple[int, int] | None]:
    for kind, pattern in _PATTERNS:
        found = pattern.search(question)
        if found is None:
            continue
        if kind == "between":
            year = found.group(2)[-4:] if re.fullmatch(_MONTH, found.group(1), re.IGNORECASE) else ""
            first, last = period_of(f"{found.group(1)} {year}".strip()), period_of(found.group(2))
            if first and last and first[0] <= last[1]:
                return first[0], last[1], found.span()
        elif kind == "edge":
            word, period = found.group(1).lower(), period_of(found.group(2))
            if period is None or (word in _EVENT_EDGES and not re.search(_PUBLISHED, question[: found.start()], re.I)):
                continue
            if period[0] == date.min or period[1] == date.max:  # before and after them there is no day
                continue
            if word in ("before", "prior to"):
                return None, period[0] - timedelta(days=1), found.span()
            if word in ("until", "till", "up to", "through", "by", "as of"):
                return None, period[1], found.span()
            return (period[1] + timedelta(days=1) if word == "after" else period[0]), None, found.span()
        elif kind == "within":
            period = period_of(found.group(1))
            if period:
                return period[0], period[1], None
        else:
            first_day, last_day = days_of(found.group(1).lower(), today)
            return first_day, None if found.group(0).lower().startswith("since") else last_day, None
    return None, None, None


def period_of(text: str) -> tuple[date, date] | None:
    """The first and last day of what a date names: a day, a month or a year. None for a date that is none."""
    import dateparser

    text = re.sub(r"^the (?:year )?|\bof ", "", text.strip(), flags=re.IGNORECASE)
    if re.fullmatch(r"\d{4}", text):
        return date(int(text), 1, 1), date(int(text), 12, 31)
    parsed = dateparser.parse(text, languages=["en"], settings={"PREFER_DAY_OF_MONTH": "first"})
    if parsed is None:
        return None
    day = parsed.date()
    if re.fullmatch(rf"{_MONTH},? \d{{4}}", text, re.IGNORECASE):
        return day, day.replace(day=calendar.monthrange(day.year, day.month)[1])
    return day, day


def days_of(text: str, today: date) -> tuple[date, date]:
    """The first and last day of a stretch that is told from today ("last week", "the past 3 days"; see RELATIVE)."""
    monday = today - timedelta(days=today.weekday())
    first_of_month = today.replace(day=1)
    if text == "today":
        return today, today
    if text == "yesterday":
        return today - timedelta(days=1), today - timedelta(days=1)
    number = re.search(r"\b(\d+|two|three|four|five|six|seven|ten|couple|few)\b", text)
    if number:
        words = NUMBERS | {"couple": 2, "few": 3}
        count = words.get(number.group(1)) or int(number.group(1))
        days = {"day": 1, "wee": 7, "mon": 30}[text.split()[-1][:3]]
        return today - timedelta(days=min(count * days, 36500)), today
    this = text.startswith("this")
    if text.endswith("week"):
        return (monday, today) if this else (monday - timedelta(days=7), monday - timedelta(days=1))
    if text.endswith("month"):
        before = first_of_month - timedelta(days=1)
        return (first_of_month, today) if this else (before.replace(day=1), before)
    year = today.year if this else today.year - 1
    return date(year, 1, 1), today if this else date(year, 12, 31)


def _without(question: str, spans: Sequence[tuple[int, int]]) -> str:
    """The question without those words, if a question is left."""
    for start, end in sorted(spans, reverse=True):
        rest = (question[:start].rstrip(" ,") + " " + question[end:].lstrip(" ,")).strip()
        rest = re.sub(r"(?:,? (?:and|or|in|by|to|per|as|going))*\s*([?.!,])", r"\1", rest)
        if len(rest.split()) >= 3:
            question = rest[:1].upper() + rest[1:]
    return question
