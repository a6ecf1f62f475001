"""Questions about the library itself: which articles it has, what is new, which outlets cover what, what one says.

A whole question of one of a few forms is one in any case. Of one that is for that (`rag.querying.intent`) the slots are
read wherever they stand: what it is about, which has to be a topic, not a clause, and when.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from rag.reply import Intent
from rag.text.date_patterns import DATE, RELATIVE, WEEKDAY, WEEKDAYS, days_of, period_of, weekday_number

Kind = Literal[
    "held", "new", "summary", "outlets", "count", "changed", "oldest", "newest", "longest", "shortest", "authors"
]


@dataclass(frozen=True, slots=True)
class LibraryQuestion:
    """What is asked of the library: its articles on a `topic`, by a `teller` (an outlet's or an origin's name).

    `when` are the first and the last day of what is new, the last of all days for "until now", None where no time is
    named; `citation` is the number of the citation whose article is to be summed up, None for the one that is open or
    was cited last.
    """

    kind: Kind
    topic: str = ""
    teller: str = ""
    when: tuple[date, date] | None = None
    citation: int | None = None
    loose: bool = False
    """Its slots were read: whose articles it means is still to be read from it."""


_PLEASE = r"(?:(?:please|can you|could you|would you|and|so|ok|okay)[, ]+)*"
_ON = r"(?:on|about|regarding|concerning)"
_TOPIC = rf"{_ON} (?P<topic>.+)"
_LIBRARY = r"(?:the|your|my|this|our) library"
_IN = rf"(?:(?:in|to) {_LIBRARY}|here)"
_YOU_HAVE = rf"(?:do you have|have you got|do you hold|are (?:there )?in {_LIBRARY}|does {_LIBRARY} (?:have|hold))"
_ARTICLES = r"(?:articles|stories)"
_THAT = (
    r"(?:(?:(?:that|which) )?(?:mention|mentions|name|discuss|cover|contain|mentioning|naming|covering|discussing)|"
    r"(?:(?:that|which) )?(?:are |is )?(?:talk |speak |write |report )?(?:about|on|regarding|concerning))"
)
_WHERE = rf"(?: {_IN})?(?: do you have)?"
_LIST = r"(?:show|list|find|give)(?: me)?(?: all| every)?(?: of)?(?: the| your| my| any)?"
_OUTLETS = r"(?:which|what) (?:news )?(?:outlets|newspapers|papers|media|news organi[sz]ations)"
_SUM_UP = r"(?:summari[sz]e|sum up|give (?:me )?a (?:short |brief )?summary of|(?:a )?summary of)"
_ONE = r"(?:article|story|piece|report)"
_SINCE = rf"since (?:(?:last )?{WEEKDAY}|last (?:week|month|year)|yesterday|{DATE})"
_WHEN = rf"(?P<when>(?:in |over |during |from |within )?(?:{RELATIVE})|{_SINCE})"
_BY = r"(?:from|by)"
_FORMS: list[tuple[Kind, str]] = [
    ("held", rf"what (?:else )?{_YOU_HAVE}(?: {_IN})? {_TOPIC}"),
    ("held", rf"what(?:['’]s| is) (?:there )?{_IN} {_TOPIC}"),
    ("held", rf"(?:which|what) {_ARTICLES} {_YOU_HAVE} {_TOPIC}"),
    ("held", rf"(?:do you have|have you got) (?:anything|something|(?:any )?{_ARTICLES})(?: {_IN})? {_TOPIC}"),
    ("held", rf"(?:is|are) there (?:anything|something|(?:any )?{_ARTICLES}) {_IN} {_TOPIC}"),
    ("held", rf"(?:show|list|find|give)(?: me)?(?: all)?(?: the| your| my| any)? {_ARTICLES} {_TOPIC}"),
    ("held", rf"{_LIST} {_ARTICLES}{_WHERE} {_THAT} (?P<topic>.+)"),
    ("held", rf"(?:which|what|how many)(?: of (?:the|your|my))? {_ARTICLES}{_WHERE} {_THAT} (?P<topic>.+)"),
    ("held", rf"(?:are there|do you have|have you got)(?: any)? {_ARTICLES}{_WHERE} {_THAT} (?P<topic>.+)"),
    ("held", rf"in how many {_ARTICLES} (?:is|are) (?P<topic>.+?) (?:mentioned|named)"),
    ("count", rf"{_LIST} {_ARTICLES}(?: {_IN})?(?: {_BY} (?P<teller>.+?))?"),
    ("outlets", rf"{_OUTLETS} (?:have )?(?:cover|covers|covered|are covering) (?P<topic>.+)"),
    ("outlets", rf"{_OUTLETS} (?:have )?(?:report|reported|write|wrote|written) {_TOPIC}"),
    ("outlets", rf"{_OUTLETS} (?:do you have|have you got|are (?:there )?{_IN})(?: {_TOPIC})?"),
    ("new", rf"(?:what(?:['’]s| is| are)?|(?:is there )?anything) new(?: {_ARTICLES})?(?: {_IN})?(?: {_WHEN})?"),
    ("new", rf"(?:which|what) {_ARTICLES} are (?:the )?(?:new|newest|latest)(?: {_IN})?(?: {_WHEN})?"),
    ("new", rf"what(?: {_ARTICLES})? (?:has|have) (?:been added|come in)(?: {_IN})?(?: {_WHEN})?"),
    ("count", rf"how many {_ARTICLES}(?: {_BY} (?P<by>.+?))? {_YOU_HAVE}(?: {_BY} (?P<teller>.+?))?(?: {_TOPIC})?"),
    ("count", rf"how many {_ARTICLES} {_TOPIC} {_YOU_HAVE}(?: {_BY} (?P<teller>.+?))?"),
    ("count", rf"how many articles are (?:there|here)(?: {_BY} (?P<teller>.+?))?(?: {_TOPIC})?"),
    ("count", rf"(?:how (?:big|large) is (?:the|your|my|this) library|what(?:['’]s| is) {_IN}|what do you have)"),
    ("summary", rf"{_SUM_UP} (?:this|that|it|(?:this|that|the)(?: open)? {_ONE})"),
    ("summary", rf"{_SUM_UP} (?:the )?(?:{_ONE} |citation )?\[?(?P<citation>\d{{1,3}})\]?"),
    ("summary", rf"{_SUM_UP} (?:the|an?) (?:(?P<teller>[^?]+?)(?:['’]s?)? )?{_ONE} {_TOPIC}"),
    ("summary", rf"{_SUM_UP} (?P<teller>[^?]+?)['’]s? {_ONE} {_TOPIC}"),
    ("summary", rf"what (?:does|is) (?:this|the open) {_ONE} (?:say|about|saying)"),
]  # fmt: skip
_PATTERNS = [(kind, re.compile(_PLEASE + form + r"(?:,? please)?", re.IGNORECASE)) for kind, form in _FORMS]
_NO_TOPIC = re.compile(
    r"\b(?:who|whom|whose|what|when|where|which|why|how|did|does|do|was|were|is|are|has|have|had|differ\w*|agree\w*|"
    r"disagree\w*|first|best|most)\b|^(?:that|it|this|them|him|her|these|those)\b|[,;:?]",
    re.IGNORECASE,
)
"""What makes a clause of it, or leans on what was said before."""
LONGEST_TOPIC = 10
"""Words."""
_SLOT_WORDS: list[tuple[Kind, str]] = [
    ("changed", r"\b(?:chang|updat(?:ed|es)\b|revis|correct|amend|edit(?:ed|s)\b|remov|delet)"),
    ("oldest", r"\b(?:oldest|earliest|first)\b"),
    (
        "newest",
        r"\b(?:newest|latest|most recent|last) (?:\w+ )?(?:article|story|piece|report|text|item|document|one)\b",
    ),
    ("longest", r"\blongest\b"),
    ("shortest", r"\bshortest\b"),
    ("authors", r"\b(?:authors?|bylines?|written by whom|by whom|who (?:wrote|has written|is (?:the )?author))\b"),
    ("outlets", r"\b(?:outlets?|newspapers?|papers|publications|publishers|sources|media)\b(?! (?:quote|say|said))"),
    ("count", r"\b(?:how (?:many|much|big|large)|number of|count)\b"),
]
_SLOT_KINDS = [(kind, re.compile(words, re.IGNORECASE)) for kind, words in _SLOT_WORDS]
_SLOT_TOPIC = re.compile(
    r"\b(?:about|on|regarding|concerning|mention(?:ing|s)?|cover(?:ing|s|ed)?|featuring|deal(?:ing|s)? with|"
    r"new (?:in|with)) (?P<topic>.+)",
    re.IGNORECASE,
)
_SLOT_WHEN = re.compile(_WHEN, re.IGNORECASE)
_AFTER_TOPIC = re.compile(
    rf"[, ]+(?:(?:do|have|are|is) (?:you|there|i|we)\b.*|(?:you|i|we) have\b.*|(?:in|to) {_LIBRARY}|(?:in )?here|"
    r"please|"
    rf"(?:{_BY}|in) (?:the )?[A-Z].*|so far|lately|recently)$"
)
_LEANS = re.compile(r"(?:that|it|this|them|these|those|here|file|hand|record)\b", re.IGNORECASE)


def library_question(question: str, today: date, intent: Intent = "fact") -> LibraryQuestion | None:
    """What a question, which is for `intent`, asks of the library itself; None where it asks about the news."""
    asked = _of_a_form(question, today)
    return _slots(question, today, intent) if asked is None and intent in ("holdings", "new") else asked


def _slots(question: str, today: date, intent: Intent) -> LibraryQuestion | None:
    """What is asked, by the words that stand anywhere in it; None where the topic is a clause."""
    said = question.strip(" \t\n?.!…")
    days = None
    if when := _SLOT_WHEN.search(said):
        days = _days(when["when"].lower(), today)
        said = f"{said[: when.start()]} {said[when.end() :]}".strip()
    kind: Kind = next((kind for kind, words in _SLOT_KINDS if words.search(said)), "held")
    if intent == "new" and kind != "changed":
        kind = "new"
    elif kind == "changed" and intent != "new":
        kind = "held"
    found = _SLOT_TOPIC.search(said)
    topic = _AFTER_TOPIC.sub("", found["topic"]).strip(" \"“”'‘’") if found else ""
    topic = "" if _LEANS.match(topic) else topic
    if _NO_TOPIC.search(topic) or len(topic.split()) > LONGEST_TOPIC:
        return None
    if kind == "held" and not topic:
        kind = "count"  # which tells all of them
    return LibraryQuestion(kind, topic, when=days, loose=True)


def _of_a_form(question: str, today: date) -> LibraryQuestion | None:
    said = question.strip(" \t\n?.!…")
    for kind, pattern in _PATTERNS:
        if found := pattern.fullmatch(said):
            named = {name: value.strip(" \"“”'‘’") for name, value in found.groupdict().items() if value}
            when = named.get("when", "")
            days = _days(when.lower(), today) if when else None
            topic = named.get("topic", "")
            if _NO_TOPIC.search(topic) or len(topic.split()) > LONGEST_TOPIC or (when and days is None):
                continue
            citation = int(named["citation"]) if "citation" in named else None
            return LibraryQuestion(kind, topic, named.get("teller") or named.get("by", ""), days, citation)
    return None


def _days(when: str, today: date) -> tuple[date, date] | None:
    """The first and last day of a stretch of time; None where the calendar has no such days."""
    when = re.sub(r"^(?:in|over|during|from|within) ", "", when)
    if not when.startswith("since "):
        return days_of(when, today)
    since = when.removeprefix("since ")
    if (day := since.removeprefix("last ").capitalize()) in WEEKDAYS:
        # On a Monday "since Monday" is since the one before.
        return today - timedelta(days=(today.weekday() - weekday_number(day) - 1) % 7 + 1), date.max
    if since == "yesterday" or since.startswith("last "):
        return days_of(since, today)[0], date.max
    stretch = period_of(since)
    return (stretch[0], date.max) if stretch else None
