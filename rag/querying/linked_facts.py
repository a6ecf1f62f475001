"""Questions that link two facts: which came first, how long after, how much more, whether both.

Each side is asked by itself; what is worked out of the two answers says so. Only where the two sides stand in the
question is read from its form.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal

from dateutil.relativedelta import relativedelta

from rag.querying.direct_line import Line, Piece, words_of
from rag.querying.query import WORD, names
from rag.querying.read import Candidate
from rag.text.dated_sentences import DatedSentence, dates_in
from rag.text.dates import RelativeDate
from rag.text.quantities import Quantity, quantities
from rag.text.words import fold

Form = Literal["first", "apart", "more", "both"]
_BE = r"(?i:did|was|were|had|has|have|is|are|do|does|will|would|could|can)"
_UNITS = r"(?:minutes|hours|days|weeks|months|years|laps|rounds|games|seasons)"
_HOW_LONG = rf"(?i:how (?:long|much time|many {_UNITS}))"
_EARLIER = r"(?:first|earlier|sooner|last|later)"
_LARGER = (
    r"(?:bigger|larger|higher|taller|heavier|longer|older|more|greater|smaller|lower|shorter|lighter|younger|cheaper|"
    r"dearer|faster|slower|fewer|less)"
)
_NAME = r"[A-Z]\S*(?: [A-Z]\S*)*"
_SIDES: list[tuple[Form, str]] = [
    ("both", rf"(?P<be>{_BE}) both (?P<a>.+?) and (?P<b>(?:the |a )?\S+(?: [A-Z]\S*)*) (?P<rest>.+)"),
    ("both", rf"(?P<be>{_BE}) (?P<a>.+?) and (?P<b>.+?) (?:both|each) (?P<rest>.+)"),
    ("both", rf"(?P<be>[Ww]hat did) (?P<a>{_NAME}) and (?P<b>{_NAME}) (?P<rest>.+)"),
    ("first", rf"(?i:(?P<rest>[^,:]*?)\b{_EARLIER}\b[^,:]*[,:]) *(?P<a>.+?),? or (?P<b>.+)"),
    ("first", rf"(?i:(?P<rest>(?:which|what) [^,]*?)\b{_EARLIER}\b),? (?P<a>.+?),? or (?P<b>.+)"),
    ("first", rf"(?P<a>{_BE} .+?) (?:before or after|(?P<order>before|after)) (?P<b>.+)"),
    ("first", rf"(?P<a>{_BE} .+?\balready\b.+?) (?P<order>when) (?P<b>.+)"),
    ("apart", rf"{_HOW_LONG} (?P<rest>.*?)\b(?:between|from) (?P<a>.+?) (?:and|to|until) (?P<b>.+)"),
    ("apart", rf"{_HOW_LONG} (?:after|before) (?P<a>.+?) (?P<b>{_BE} .+)"),
    ("more", r"(?i:(?:by )?how) (?P<a>(?:much|many) (?:more|fewer|less|\w+er) .+?) than (?P<b>.+)"),
    ("more", r"(?i:by how) (?P<a>(?:much|many) .+?) (?:beat|exceed|top|surpass)\w* (?P<b>.+)"),
    ("more", rf"(?i:(?P<rest>(?:which|what|who) [^,:]*?\b{_LARGER}\b[^,:]*)[,:]) (?P<a>.+?),? or (?P<b>.+)"),
]
_NO_DEGREE = frozenset(("numb", "numbers", "rath", "ev", "oth", "wheth", "few", "great", "larg", "bigg"))
_PATTERNS = [(form, re.compile(pattern)) for form, pattern in _SIDES]
_LEANS = re.compile(r"\b(?:it|its|he|him|his|she|her|they|them|their|there|one|own|same)\b")
_ASKS = re.compile(rf"\b(?:which|what|who|came|come|happened|occurred|was|were|is|{_EARLIER})\b", re.IGNORECASE)
LONGEST_NAME = 12
"""Words of a side as it is called in the answer."""
MOST_TRIED, NEAR_THE_BEST, LEAST_SPAN = 4, 2.5, 0.2
NAMED = 1.5
"""Logits that a sentence is worth more that names the side."""


@dataclass(frozen=True, slots=True)
class Linked:
    """A question in two sides: what is asked of each, and what each is called."""

    form: Form
    questions: tuple[str, str]
    names: tuple[str, str]
    yes_if_first: int | None = None
    """The side that has to come first for the answer to be yes, where the question asks yes or no."""


def linked(question: str) -> Linked | None:
    """The two sides of a question that links two facts; None where it is of no such form."""
    text = question.strip().rstrip("?!. ")
    for form, pattern in _PATTERNS:
        if found := pattern.fullmatch(text):
            a, b, rest = found["a"].strip(" ,"), found["b"].strip(" ,"), found.groupdict().get("rest") or ""
            called = _named(a), _named(b)
            if form == "both":
                sides, rest = (f"{found['be']} {a} {rest}", f"{found['be']} {b} {rest}"), ""
            elif form == "more" and not rest:
                sides, called = _amounts(a, b)
            elif form == "more":
                b = b.split(", and ")[0]
                called = _named(a), _named(b)
                degree = re.search(r"\b([a-z]+?)er\b", rest)
                how = _positive(degree) if degree and degree[1] not in _NO_DEGREE else "how much"
                sides, rest = (f"{how} is {a}", f"{how} is {b}"), ""
            else:
                sides = _when(a), _when(b)
            yes_if_first = {"before": 0, "when": 0, "after": 1}.get(found.groupdict().get("order") or "")
            return Linked(form, (_asked(sides[0], rest, b), _asked(sides[1], rest, a)), called, yes_if_first)
    return None


@dataclass(frozen=True, slots=True)
class Side:
    """What was found for one side: its sentence, and the date or the figure that answers, where there is one."""

    name: str
    candidate: Candidate
    words: str
    day: tuple[date, date] | None = None
    dated_by: Literal["sentence", "article"] = "sentence"
    figure: Quantity | None = None


def side_of(name: str, other: str, found: list[Candidate], form: Form) -> Side | None:
    """The side as its best sentences give it: of those that are nearly as good, the first that has what is compared.

    Sentences that name what only this side names weigh more; what no article found names has none.
    """
    own = _own_names(name, other)
    if own and found:
        found = [each for each in found if own & _folded(f"{each.article.title or ''} {each.article.text}")]
        found.sort(key=lambda each: -each.answer.score - NAMED * bool(own & _folded(each.text)))
    if not found:
        return None
    least = found[0].answer.score - NEAR_THE_BEST
    near = [each for each in found[:MOST_TRIED] if each.answer.score >= least and each.answer.span >= LEAST_SPAN]
    if form in ("first", "apart"):
        for each in near:
            if dated := _date_of(each):
                return Side(name, each, each.article.text[slice(*dated.words)], (dated.first, dated.last))
    if form != "both":
        for each in near:
            words = words_of(each)
            if len(read := quantities(words)) == 1:
                return Side(name, each, words, figure=read[0])
    best = found[0]
    if form in ("first", "apart") and best.article.published:
        day = date.fromisoformat(best.article.published[:10])
        return Side(name, best, words_of(best), (day, day), "article")
    return Side(name, best, words_of(best))


def compared(sides: Linked, one: Side, other: Side, question: str, says: Sequence[bool | None] = ()) -> list[Line]:
    """The direct lines that compare the two sides; what is worked out says so. None where both are one answer.

    `says` is whether each side says yes, where that is asked.
    """
    form = sides.form
    if None not in says and len(says) == 2:
        return [_yes_or_no(one, other, says)]
    if one.candidate.sentence == other.candidate.sentence and one.words == other.words:
        return []
    if form == "both" or (form == "more" and not (one.figure and other.figure)):
        return [line for side in (one, other) if (line := _told(side))]
    if form == "more":
        return [_difference(one, other)]
    if one.day and other.day:
        yes = sides.yes_if_first is not None and (one, other)[sides.yes_if_first].day
        return [_in_time(form, one, other, yes or None)]
    if one.figure and other.figure and one.figure.kind == other.figure.kind:
        return [_in_number(form, one, other, question)]
    return [line for side in (one, other) if (line := _told(side))]


def _own_names(name: str, other: str) -> set[str]:
    """The names of one side that the other does not have, folded."""
    mine, others = ({fold(word).removesuffix("'s") for word in names(f"x {side}")} for side in (name, other))
    return mine - others


def _folded(text: str) -> set[str]:
    return {fold(word).removesuffix("'s") for word in WORD.findall(text)}


def one_sided(side: Side, missing: str) -> list[Line]:
    """What is known of one side, and that the other was not found."""
    line = _told(side) or Line(((side.name, False),), (side.candidate,))
    return [Line((*line.pieces, (f". Not found in the articles: {missing}", False)), line.sentences)]


def _date_of(candidate: Candidate) -> DatedSentence | None:
    """The date in the words that answer; else that of the sentence, where it has one only."""
    start, end = candidate.words
    dates = list(dates_in(candidate.article, candidate.sentence))
    among = [each for each in dates if each.words[0] < end and start < each.words[1]]
    return among[0] if among else dates[0] if len(dates) == 1 else None


def _told(side: Side) -> Line | None:
    if not side.words:
        return None
    return Line(((f"{side.name}: ", False), (side.words, True)), (side.candidate,))


def _yes_or_no(one: Side, other: Side, says: Sequence[bool | None]) -> Line:
    """Yes where both sides say so, else no; with each side's own words."""
    pieces: list[Piece] = [("Yes, both. " if all(says) else "No. ", False)]
    for n, (side, yes) in enumerate(zip((one, other), says, strict=True)):
        pieces.append((f"{'; ' if n else ''}{side.name}: {'yes' if yes else 'no'}", False))
        pieces += [(", “", False), (side.words, True), ("”", False)] if side.words else []
    return Line(tuple(pieces), (one.candidate, other.candidate))


def _in_time(form: Form, one: Side, other: Side, first_if_yes: tuple[date, date] | None) -> Line:
    assert one.day is not None
    assert other.day is not None
    first, second = sorted((one, other), key=lambda side: side.day or ())
    (a, a_last), (b, b_last) = first.day or one.day, second.day or other.day
    overlap = (b <= a_last and (a, a_last) != (b, b_last)) or ((a, a_last) == (b, b_last) and a != a_last)
    exact = a == a_last and b == b_last
    apart = _apart(a, b) if exact else _apart_roughly(a, b)
    opening, closing = _dated(first), _dated(second)
    places = (first.candidate, second.candidate)
    if overlap:
        return Line((*opening, ("; ", False), *closing, (". This does not show which came first", False)), places)
    if (a, a_last) == (b, b_last):
        return Line((("On the same day: ", False), *opening, ("; ", False), *closing), places)
    if form == "apart":
        return Line(((f"{apart} (computed): ", False), *opening, ("; ", False), *closing), places)
    later = (f"{apart} later (computed)", False)
    said = "" if first_if_yes is None else "Yes. " if first_if_yes == first.day else "No. "
    return Line(((f"{said}First: ", False), *opening, ("; then: ", False), *closing, (", ", False), later), places)


def _dated(side: Side) -> tuple[Piece, ...]:
    """What a side is called, and when it was: the article's words and, where they do not say it all, the day."""
    assert side.day is not None
    day = _written(*side.day)
    if side.dated_by == "article":
        return ((f"{side.name} – reported on {day} (the article's date)", False),)
    told = () if side.words.replace(",", "") in (day, day.rsplit(" ", 1)[0]) else ((f" ({day})", False),)
    return (f"{side.name} – ", False), (" ".join(side.words.split()), True), *told


def _difference(one: Side, other: Side) -> Line:
    """By how much one is more; nothing is worked out of figures of different kinds."""
    a, b = one.figure, other.figure
    assert a is not None
    assert b is not None
    more, less = (one, other) if a.value >= b.value else (other, one)
    pieces: list[Piece] = [(f"{_number(abs(a.value - b.value))} more for {more.name} (computed): ", False)]
    if a.value == b.value:
        pieces = [("The same: ", False)]
    elif a.kind != b.kind:
        pieces = []
    for n, side in enumerate((more, less)):
        pieces += [("; ", False)] if n else []
        pieces += [(f"{side.name}: ", False), (side.words, True)]
    return Line(tuple(pieces), (more.candidate, less.candidate))


def _in_number(form: Form, one: Side, other: Side, question: str) -> Line:
    assert one.figure is not None
    assert other.figure is not None
    first, second = sorted((one, other), key=lambda side: side.figure.value if side.figure else 0)
    apart = _number(abs(one.figure.value - other.figure.value))
    unit = re.search(rf"\b{_UNITS}\b", question, re.IGNORECASE)
    of = f" {unit.group().lower()}" if unit else " minutes" if one.figure.kind == "clock" else ""
    told: tuple[Piece, ...] = (
        (f"{first.name} – ", False), (first.words, True), ("; then: " if form == "first" else "; ", False),
        (f"{second.name} – ", False), (second.words, True),
    )  # fmt: skip
    opening = "First: " if form == "first" else f"{apart}{of} (computed): "
    return Line(((opening, False), *told), (first.candidate, second.candidate))


def _apart(first: date, second: date) -> str:
    days = (second - first).days
    return f"{days:,} day{'' if days == 1 else 's'}"


def _apart_roughly(first: date, second: date) -> str:
    apart = relativedelta(second, first)
    months = 12 * apart.years + apart.months
    if months >= 24:
        return f"about {round(months / 12)} years"
    return f"about {months} month{'' if months == 1 else 's'}" if months else "less than a month"


def _written(first: date, last: date) -> str:
    return str(RelativeDate(0, 0, first, last))


def _number(value: float) -> str:
    for size, name in ((1e9, "billion"), (1e6, "million")):
        if value >= size:
            return f"{value / size:.4g} {name}"
    return f"{value:,.10g}"


# The two sides


def _when(side: str) -> str:
    """A side as the question when it was; "did A begin" is one already."""
    return f"when {side[:1].lower()}{side[1:]}" if re.match(rf"{_BE}\b", side) else f"when was {side}"


def _asked(side: str, rest: str, other: str) -> str:
    """One side's question, with what the question says of both, and the other side where it leans on that."""
    of_both = " ".join(_ASKS.sub(" ", rest).split())
    side = " ".join(f"{side[:1].upper()}{side[1:]} {of_both if len(of_both.split()) > 1 else ''}".split())
    return f"{side}? ({other})" if _LEANS.search(side) else f"{side}?"


def _named(side: str) -> str:
    """What a side is called in the answer: its own words, without the verb of a question that begins it."""
    side = re.sub(rf"^{_BE} ", "", side, flags=re.IGNORECASE)
    words = side.split()
    side = " ".join(words[:LONGEST_NAME]) + ("…" if len(words) > LONGEST_NAME else "")
    return side[:1].upper() + side[1:]


def _amounts(a: str, b: str) -> tuple[tuple[str, str], tuple[str, str]]:
    """How much each side is, and what each is called: "how many more X did A win than B" asks the same of both."""
    one = re.sub(r"\b(?:more|fewer|less) ", "", f"how {a}", count=1)
    one = re.sub(r"\bhow (?:much|many) ([a-z]+?)er\b(?! than)", _positive, one, count=1)
    start = re.match(r"(?:in|at|on|for|by|from|of|to) ", b)
    tail = re.search(r".*\b(?:in|at|on|for|by|from|of|to) ", one) if start else None
    one = re.sub(r"^how (?:much|many) (did|does|do|is|was|were)\b", r"how much \1", one)
    runs = list(re.finditer(r"(?:[A-Z0-9][\w'’.-]*(?: (?:of |the )?(?=[A-Z0-9]))?)+", one[4:]))
    if tail:
        other = one[: tail.end()].rsplit(" ", 2)[0] + f" {b}"
        name = one[tail.end() :]
    elif runs:
        subject = re.search(rf"\b{_BE} (?:the )?", one[4:])
        last = next((each for each in runs if subject and each.start() >= subject.end()), runs[-1])
        before, after = one[: 4 + last.start()].removesuffix("the ").removesuffix("The "), one[4 + last.end() :]
        other, name = before + b + after, last.group()
    else:
        other, name = f"{one} {b}", one
    return (one, other), (_named(name), _named(re.sub(r"^(?:in|at|on|by) ", "", b)))


def _positive(found: re.Match[str]) -> str:
    """What is asked by "heavier": how heavy."""
    stem = found[1]
    stem = stem[:-1] + "y" if stem.endswith("i") else stem
    return f"how {stem[:-1] if stem[-2:-1] == stem[-1:] and stem[-1:] in 'gtnd' else stem}"
