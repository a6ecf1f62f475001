"""Conditions that a question puts in plain words: which outlet tells it, and when it was published."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from rag.querying.named_outlets import ASIDE, PRINTS, Group, named_outlet_at, named_outlets, unknown_teller
from rag.reply import Filters
from rag.text.date_patterns import DATE, DAY, MONTH, RELATIVE, completed, days_of, impossible_date, period_of
from rag.text.words import fold

_PUBLISHED = (
    r"(?:articles?|reports?|reporting|stor(?:y|ies)|coverage|news|pieces?|headlines?|published|printed|written)"
)
_PARTICIPLE = r"(?:reported|published|printed|written|said)"
_PASSIVE = rf"\b(?:is|was|were|been|being) (?:\w+ )?{_PARTICIPLE}"
_ABOUT = r"(?:about|on|of|regarding|concerning)"
_REPORTED = re.compile(rf"\b(?:{_PUBLISHED}|{PRINTS}|happen(?:ed|s)?|according to)\b|{_PASSIVE}\b", re.IGNORECASE)
_BEGINS = rf"(?:{DATE}|{DAY}(?: of)? {MONTH}|{MONTH} {DAY}|{MONTH}|\d{{1,2}})"
_LATELY = r"(?:yesterday|(?:this|last|past) (?:week|month))"
_NOT_COMPARED = "".join(
    rf"(?<!\b{word})" for word in ("than", "with", "from", "to", "as", "of", "like", "by", "before", "after", "until")
)
_PATTERNS = [
    ("between", rf"\b(?:between|from) (?:the )?({_BEGINS}) (?:and|to|until|till) ({DATE})\b"),
    ("within", rf"{_PASSIVE}(?P<cut> (?:in|on|during) (?P<date>{DATE}))\b"),
    ("within", rf"{_PASSIVE} (?:{_ABOUT}|by|in) [^?.!,;]*?(?P<cut> (?:in|on|during) (?P<date>{DATE}))\s*[?.!]*$"),
    # A bare date tells when something happened, unless it is said of the articles themselves.
    ("within", rf"\b{_PUBLISHED} (?:\w+ ){{0,3}}?(?:in|on|of|from|during) ({DATE})\b"),
    ("within", rf"\b({DATE})(?:['’]s)? {_PUBLISHED}\b"),
    ("told", rf"\b(?:say|said|write|wrote|publish|print|reported)(?P<cut> (?:in|on|during) (?P<date>{DATE}))\b"),
    ("edge", rf"\b(before|prior to|until|till|up to|through|by|after|since|from|as of) ({DATE})\b"),
    ("relative", rf"(?:\b(?-i:today)|^today)['’]s (?:\w+ )?(?:{_PUBLISHED}|papers?|edition|briefing|bulletin)\b"),
    ("relative", rf"\b(?!today)({RELATIVE})['’]s? "),
    ("relative", rf"\b(?:in|over|during|within|from) (the (?:last|past) (?:week|month)|{RELATIVE})\b"),
    ("relative", rf"\b(?:{_PUBLISHED}|{PRINTS}|happen(?:ed|s|ing)?|going on) (?:\w+ ){{0,3}}?({RELATIVE})\b"),
    ("relative", r"\bsince (yesterday|last (?:week|month|year))\b"),
    # Who asks what was done "last week" asks for the week's news; who compares with it does not.
    ("relative", rf"{_NOT_COMPARED}(?<!['’]s) ((?-i:{_LATELY}))\s*[?.!]*$"),
    ("relative", rf"^({_LATELY}),? (?=what|who|which|where|how|why|did)"),
]  # fmt: skip
_COMPILED = [(kind, re.compile(pattern, re.IGNORECASE)) for kind, pattern in _PATTERNS]
# "by 2020" and "from 2010" tell of the event; with a day or month they may tell of the article, but mostly do not.
_EVENT_EDGES = frozenset(("by", "from", "through"))
_OF = r"(?:,|(?:,? (?:of|from|for|dated|in the edition of)))?"
_OPEN = re.compile(
    rf"(?:(?:and|so|but|please)[ ,]+)*(?:what|tell me|show me|summari[sz]e|sum up|is there|has|have|did|does|do)?"
    rf"(?: (?:is|was|are|were|does|do|did|has|have|been|there|in)\b)* *\x00"
    rf"(?: (?:to )?(?:say|said|saying|report|reports|tell|tells|think|thought|make|made|have|write))*"
    rf"(?: (?:anything|something))? {_ABOUT} (?P<topic>(?!{DATE}).+)",
    re.IGNORECASE,
)
_OPEN_PASSIVE = re.compile(
    rf"(?:(?:and|so|but)[ ,]+)*what (?:is|was|were|has been|have been)(?: being)? {_PARTICIPLE} "
    rf"{_ABOUT} (?P<topic>(?!{DATE}).+)",
    re.IGNORECASE,
)
_SAYS = re.compile(r"\b(?:did|does|do|has|have|had)\b.*\b(?:say|said|report|reported|write|written)", re.IGNORECASE)
_CLAUSE = re.compile(
    rf" (?!(?:{_ABOUT}|in|at|to|for|from|by|with|when|after|before|as|during|since|until)\b)(?:that )?(?=\w)",
    re.IGNORECASE,
)
_SEVERAL = re.compile(
    r"\b(?:outlets?|newspapers?|papers|(?<!social )media|sources)\b.*"
    r"\b(?:differ|agree|disagree|say|report|compare|account|figure)|"
    r"\b(?:reports|accounts|versions|stories|articles)\b.*\b(?:differ|agree|disagree)|"
    r"\b(?:differ|agree|disagree|compare)\w*\b.*\b(?:outlets?|newspapers?|papers|reports|accounts|versions|coverage|sources?)",
    re.IGNORECASE,
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
    `named_outlets` are these: outlets, and origins ("the Associated Press story"), where two at least are compared.
    `open` says that all is asked for that is told about a thing; `note` what was named as a condition and can be none.
    """

    filters: Filters
    question: str
    asked: str
    named_outlets: tuple[str, ...] = ()
    open: bool = False
    note: str = ""


def read_conditions(
    question: str,
    outlets: Sequence[str],
    today: date,
    origins: Callable[[], Sequence[str]] = tuple,
    headlines: Callable[[date], Sequence[str]] = lambda day: (),
) -> Conditions:
    """The conditions in `question` on outlets (of those given, by any of their names) and on dates of publication.

    `origins` tells those who wrote articles that outlets carry: no condition, but they may be compared with an outlet.
    `headlines` tells those of a day.

    Dates are of publication only where the words say so ("articles from May 2017", "reported before 3 May 2017", "last
    week's"), or where a headline of that day is named with it ("the morning briefing of 12 May 2024"); a bare date in a
    question tells when something happened. An outlet is a condition only where it is named as the one who tells
    ("according to …", "what did … report"), not where it is told to or written about; where two accounts are compared
    and only one is of an outlet that is there, it is none.
    """
    question = unicodedata.normalize("NFC", question)  # an accent that was typed as a character of its own
    groups = named_outlets(question, outlets)
    named = _names_of(groups)
    compares = len(named) == 1 and bool(_COMPARES.search(question))
    chosen = () if compares else named
    known = list(outlets)
    if len(named) < 2 and _COMPARES.search(question):
        known += [name for name in origins() if name not in named]
        groups = named_outlets(question, known)
        named = _names_of(groups)
    compared = named if len(named) > 1 else ()
    notes = []
    if not chosen and (name := unknown_teller(question, [*outlets, *origins()])):
        notes.append(f"The library has no outlet called “{name}”.")
    if (wrong := impossible_date(question)) is not None:
        notes.append(f"“{wrong}” is not a valid date and was ignored.")
        since, until, dated = None, None, None
    elif edition := _edition(question, headlines):
        day, (start, end), dated = edition
        since, until = day, day
        if not groups and (told := named_outlet_at(question, start, end)):
            groups = [told]
    else:
        since, until, dated = _dates(question, today, bool(chosen))
    spans = [(each.start, each.end) for each in groups]
    aside = [dated] if dated else []
    if len(spans) == 1 and not compared and not compares:  # with several the question would lose what it compares
        aside += [span for span in spans if _is_aside(question, span)]
    rest = _without(question, _merged(aside))
    asked, opened = rest, False
    if compared:
        asked = _without(question, _merged([*aside, *spans]))
        if len(spans) == 1:
            restated, opened = _restated(question, rest, spans[0], dated)
            asked = restated if opened else asked
    elif not compares:
        teller = next((span for span in spans if span not in aside), None)
        rest, opened = _restated(question, rest, teller, dated)
        asked = rest
    filters = Filters(chosen, since, until)
    return Conditions(filters, rest, asked, compared, opened, " ".join(notes))


def _names_of(groups: Sequence[Group]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for group in groups for name in group.names))


def _restated(
    question: str, rest: str, teller: tuple[int, int] | None, dated: tuple[int, int] | None
) -> tuple[str, bool]:
    """What is asked of a teller, without it, and whether that is all that it tells about something.

    An article does not say of itself that its outlet says so: the reader finds nothing for "What did the Herald say
    about the bridge?", and what is meant for "What is reported about the bridge?".
    """
    if teller is None:
        found = _OPEN_PASSIVE.fullmatch(rest) if dated else None
        return (f"What is reported about {found['topic']}", True) if found else (rest, False)
    start, end = teller
    spans = [(start, end, "\x00"), *([(*dated, "")] if dated and (dated[1] <= start or end <= dated[0]) else [])]
    hidden = question
    for first, last, text in sorted(spans, reverse=True):
        hidden = re.sub(r"\s+([?.!])", r"\1", (hidden[:first] + text + hidden[last:]).strip(" ,"))
    if found := _OPEN.fullmatch(hidden):
        return f"What is reported about {found['topic']}", True
    before, _, after = hidden.partition("\x00")
    if before.strip() and _SAYS.fullmatch(question[start:end]) and _CLAUSE.match(after):
        return before.rstrip() + " " + _CLAUSE.sub("", after, count=1), False
    return rest, False


def asks_several(question: str, filters: Filters = Filters()) -> bool:
    """Whether the question is about what several outlets tell, so that each should be heard."""
    return len(filters.outlets) > 1 or bool(_SEVERAL.search(question))


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
    aside = re.match(rf"{ASIDE}\b", question[start:end], re.IGNORECASE)
    return bool(aside) and (not question[:start].strip() or not question[end:].strip(" ?.!"))


def _dates(question: str, today: date, told: bool) -> tuple[date | None, date | None, tuple[int, int] | None]:
    """The first and the last day of publication that the words ask for, and the words; `told`: an outlet is named."""
    for kind, pattern in _COMPILED:
        for found in pattern.finditer(question):
            if days := _days(kind, found, question, today, told):
                span = found.span("cut") if "cut" in pattern.groupindex else found.span()
                return *days, span if kind in ("between", "edge") or "cut" in pattern.groupindex else None
    return None, None, None


def _days(
    kind: str, found: re.Match[str], question: str, today: date, told: bool
) -> tuple[date | None, date | None] | None:
    before = question[: found.start()]
    if kind == "relative":
        first_day, last_day = days_of((found.group(1) if found.lastindex else "today").lower(), today)
        return first_day, None if found.group(0).lower().startswith("since") else last_day
    if kind in ("within", "told"):
        period = period_of(found["date"] if "cut" in found.groupdict() else found.group(1))
        return period if kind == "within" or told else None
    # Said of what happened, not of what was reported, they are a part of the question.
    if not (told or _REPORTED.search(before) or (not before and _REPORTED.search(question))):
        return None
    if kind == "between":
        first, last = period_of(completed(found.group(1), found.group(2))), period_of(found.group(2))
        years = found.group(1).isdigit() and found.group(2).isdigit()
        if years and before and not re.search(rf"\b(?:{_PUBLISHED}|{_PARTICIPLE})(?: \w+)? $", before, re.IGNORECASE):
            return None  # what cost more "between 2016 and 2022" did so then
        return (first[0], last[1]) if first and last and first[0] <= last[1] else None
    word, period = found.group(1).lower(), period_of(found.group(2))
    if period is None or (word in _EVENT_EDGES and not re.search(_PUBLISHED, before, re.IGNORECASE)):
        return None
    if period[0] == date.min or period[1] == date.max:  # before and after them there is no day
        return None
    if re.search(r"\b(?:before|after|until|since) (?:and|or) $", before, re.IGNORECASE):
        return None  # "before and after" it is always
    if word in ("before", "prior to"):
        return None, period[0] - timedelta(days=1)
    if word in ("until", "till", "up to", "through", "by", "as of"):
        return None, period[1]
    return (period[1] + timedelta(days=1) if word == "after" else period[0]), None


def _edition(
    question: str, headlines: Callable[[date], Sequence[str]]
) -> tuple[date, tuple[int, int], tuple[int, int] | None] | None:
    """The day of which an article is named by its headline, where the question names it, and where the day alone."""
    said = fold(question)
    for found in re.finditer(rf"(?:\bon )?(?P<date>{DATE})", question, re.IGNORECASE):
        period, (start, end) = period_of(found["date"]), found.span("date")
        if period is None or period[0] != period[1]:
            continue
        for headline in sorted(headlines(period[0]), key=len, reverse=True):
            words = r"\W+".join(re.findall(r"\w+", fold(headline)))
            if not words:
                continue
            if before := re.search(rf"\b{words}\b{_OF} (?:the )?$", said[:start]):
                return period[0], (before.start(), end), None
            if after := re.match(rf"(?:'s?)? {words}\b", said[end:]):
                return period[0], (start, end + after.end()), None
            # Elsewhere in the question the day may be that of the event, unless the piece is what tells.
            for named in re.finditer(rf"\b{words}\b", said):
                if named_outlet_at(question, *named.span()):
                    return period[0], named.span(), found.span()
                if named.end() + 1 == found.start() and named_outlet_at(question, named.start(), end):
                    return period[0], (named.start(), end), None
    return None


def _without(question: str, spans: Sequence[tuple[int, int]]) -> str:
    """The question without those words, if a question is left."""
    for start, end in sorted(spans, reverse=True):
        rest = (question[:start].rstrip(" ,") + " " + question[end:].lstrip(" ,")).strip()
        rest = re.sub(r"(?:,? (?:and|or|in|by|to|per|as|going))*\s*([?.!,])", r"\1", rest)
        if len(rest.split()) >= 3:
            question = rest[:1].upper() + rest[1:]
    return question
