"""Numbers in a sentence, in digits or words, each with its kind (time, date, money, unit), for comparing.

"No", "nobody" and "none" are the number 0 of what they count: "no one was hurt" and "two were hurt" differ.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from rag.text.date_patterns import MONTH_OR_STOP, month_number
from rag.text.words import NUMBERS, UNITS, WORD

FIGURE = re.compile(r"\d(?:[\d,.]*\d)?")
"""A number in digits, without the comma or full stop that only follows it."""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_ORDINALS = "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth"
_WORDS: dict[str, float] = {word: float(number) for word, number in NUMBERS.items()}
_WORDS |= {word: 20.0 + 10 * number for number, word in enumerate(_TENS.split())}
_WORDS |= {"dozen": 12.0, "no": 0.0, "none": 0.0, "nobody": 0.0, "half": 0.5, "once": 1.0, "twice": 2.0}
_SCALES = {
    "hundred": 1e2,
    "thousand": 1e3,
    "k": 1e3,
    "million": 1e6,
    "m": 1e6,
    "billion": 1e9,
    "bn": 1e9,
    "trillion": 1e12,
}
_ORDINAL_OF = {word: float(number) for number, word in enumerate(_ORDINALS.split(), 1)}
_SMALL = "|".join((*UNITS, *_TENS.split(), "dozen"))
_COMPOUND = rf"(?:{_TENS.replace(' ', '|')})-(?:{'|'.join(UNITS)})"
_NUMBER = rf"(?:\d+(?:,\s?\d{{3}})+|\d+)(?:\.\d+)?|{_COMPOUND}|(?:{_SMALL})(?![a-z])"
_SCALE = r"(?:hundred|thousand|million|billion|trillion|bn)"
_UNIT = (
    r"(?P<unit>%|per ?cent|percentage points?|(?:nautical )?miles?|mph|km/?h|kph|km|kilomet\w+|kg|kilo\w*|"
    r"(?:metric )?ton(?:ne)?s?|lbs?|pounds?|feet|foot|ft|yards?|met(?:er|re)s?|cm|inch(?:es)?|knots?|acres?|"
    r"(?:kilo|mega|giga|tera)bytes?|seconds?|minutes?|hours?|days?|weeks?|"
    r"months?|years?|decades?|dollars?|euros?|cents?|degrees?)(?![a-z])"
)
_PATTERN = re.compile(
    rf"(?P<clock>\b\d{{1,2}}(?:[:.]\d\d)?\s?(?P<half>[ap])\.?m\b\.?|\b\d{{1,2}}:\d\d\b)"
    rf"|(?P<date>\b{MONTH_OR_STOP}\s\d{{1,2}}\b(?!,?\d)|\b\d{{1,2}}\s{MONTH_OR_STOP}(?!\w))"
    rf"|(?P<ordinal>\bNo\. ?\d+\b|\b\d+(?:st|nd|rd|th)\b|\b(?:{_ORDINALS.replace(' ', '|')})\b)"
    r"|(?P<age>\baged? \d{1,3}\b|\b\d{1,3}-years?-old\b|(?<=\w, )\d{1,2}(?=[,.] ))"
    rf"|(?P<money>[$£€¥]\s?(?P<sum>\d[\d,]*(?:\.\d+)?)(?:[\s-]?(?P<scale_>{_SCALE}|[mk](?!\w)))?)"
    rf"|(?P<year>\b(?:1[89]|20)\d\d\b(?!,\d|[\s-](?:{_UNIT.replace('?P<unit>', '?:')}|people)))"
    rf"|(?<![A-Za-z]-)\b(?P<number>{_NUMBER})(?:[\s-]?(?P<scale>{_SCALE})s?\b)?(?:[\s-]?{_UNIT})?"
    r"|\b(?P<none>no(?:body| one|ne)?)\b(?!\.)",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"\b(?:about|around|roughly|nearly|almost|approximately|some|over|more[ -]than|at least|up to|as many as|under|"
    r"fewer than|less than|just)\s+$",
    re.IGNORECASE,
)
_ADDED_BEFORE = re.compile(r"\b(?:additional|another|extra|further)\s+$", re.IGNORECASE)
_ADDED_AFTER = re.compile(r"\s(?:more|additional|extra|further|other)\b(?! than)", re.IGNORECASE)
_NO_FIGURE = re.compile(
    r"one (?:of|another|side|day|hand|time)\b|one(?! [a-z])|\d{3}0s\b|no\.? (?:longer|matter|doubt|wonder)\b",
    re.IGNORECASE,
)
_NO_ONE = re.compile(r"\b(?:the|this|that|which|each|every|any|second|first|other)\s$", re.IGNORECASE)
_NAMED = re.compile(rf"\w\W+(?!{MONTH_OR_STOP}|\w+day\b)[A-Z][\w-]*\s$")
"""The word before the number of a name: "Falcon 9", "Pad 39". A word that begins the sentence does not count."""
_PERSON = re.compile(r"\b[A-Z][\w'’-]+, $")
_SCORE = re.compile(r"\b\d{1,3}([-–]\d{1,3}){1,2}\b")
_EXACT = frozenset(("clock", "date", "in year", "ordinal", "age", "score"))
_BARE = frozenset(("count", "added", "ordinal", "in year"))
NEARLY = 0.07
"""If one of two numbers is "about" so much, they are the same up to this share: 530 is "more than 500", 612 is not."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """`text[start:end]` is `value` of a `kind`: "clock" (minutes), "date", "in year", "ordinal", "age", "score",
    "money", "percent", "count", "added" (so many more), or a unit ("hour", "km").
    """

    start: int
    end: int
    kind: str
    value: float
    about: bool = False

    def same_as(self, other: Quantity) -> bool:
        """Whether both mean the same number; NEARLY says how near if one of them is "about" so much."""
        apart = abs(self.value - other.value)
        if self.kind not in _EXACT and self.kind == other.kind and (self.about or other.about):
            return apart <= NEARLY * max(self.value, other.value)
        return apart == 0 and (
            self.kind == other.kind or {self.kind, other.kind} <= {"count", "added", "ordinal", "in year"}
        )


def quantities(text: str) -> list[Quantity]:
    """The numbers of one sentence, in order."""
    found = _scores(text)
    for score in found:
        text = text[: score.start] + "\0" * (score.end - score.start) + text[score.end :]
    for match in _PATTERN.finditer(text):
        before, after = text[: match.start()], text[match.end() :]
        if _NO_FIGURE.match(text, match.start()):
            continue
        about = bool(_ABOUT.search(before))
        kind, value = _read(match)
        if (kind == "in year" and about) or (kind == "age" and match.group().isdigit() and not _PERSON.search(before)):
            kind = "count"
        if kind == "count" and match.group().isdigit() and _NAMED.search(before):
            continue
        if kind == "count" and match.group().lower() == "one" and _NO_ONE.search(before):
            continue
        if kind == "count" and (_ADDED_BEFORE.search(before) or _ADDED_AFTER.match(after)):
            kind = "added"
        # "six or seven hours", "10 to 40 percent": the unit is that of both.
        if (
            found
            and found[-1].kind == "count"
            and re.fullmatch(r"\s?(?:or|to|and|-|–)\s?", text[found[-1].end : match.start()])
        ):
            found[-1] = replace(found[-1], kind=kind)
        found.append(Quantity(match.start(), match.end(), kind, value, about))
    return sorted(found, key=lambda figure: figure.start)


def figures_in(text: str) -> frozenset[str]:
    """The whole numbers and decimals of a text, in digits: "1,204" and "twelve" are "1204" and "12"."""
    figures = [figure.replace(",", "") for figure in FIGURE.findall(text)]
    return frozenset(figures + [str(NUMBERS[word.lower()]) for word in WORD.findall(text) if word.lower() in NUMBERS])


def _scores(text: str) -> list[Quantity]:
    """Results and records ("3-1", "7-8-1"). Two numbers that go up are a range, and are left out."""
    found = []
    for match in _SCORE.finditer(text):
        parts = [int(part) for part in re.findall(r"\d+", match.group())]
        if len(parts) > 2 or parts[0] >= parts[1]:
            value = sum(part * 1000.0**place for place, part in enumerate(reversed(parts)))
            found.append(Quantity(match.start(), match.end(), "score", value))
    return found


def _read(match: re.Match[str]) -> tuple[str, float]:
    if match["clock"]:
        hour, _, minute = re.sub(r"[^\d:.]", "", match["clock"]).strip(".").replace(".", ":").partition(":")
        late = 720 if (match["half"] or "").lower() == "p" else 0
        return "clock", int(hour) % (12 if match["half"] else 24) * 60 + int(minute or 0) + late
    if match["date"]:
        month = re.search(r"[A-Za-z]+", match["date"])
        day = re.search(r"\d+", match["date"])
        assert month
        assert day
        return "date", month_number(month.group()) * 100 + int(day.group())
    if match["ordinal"]:
        word = match["ordinal"].lower()
        return "ordinal", _ORDINAL_OF[word] if word in _ORDINAL_OF else float(re.sub(r"\D", "", word))
    if match["money"]:
        return "money", float(match["sum"].replace(",", "")) * _SCALES.get((match["scale_"] or "").lower(), 1.0)
    if match["year"]:
        return "in year", float(match["year"])
    if match["none"]:
        return "count", 0.0
    if match["age"]:
        return "age", float(re.sub(r"\D", "", match["age"]))
    unit = (match["unit"] or "").lower()
    value = _number(match["number"].lower()) * _SCALES.get((match["scale"] or "").lower(), 1.0)
    return _unit(unit), value


def _number(word: str) -> float:
    if word[0].isdigit():
        return float(re.sub(r"[,\s]", "", word))
    tens, _, units = word.partition("-")
    return _WORDS[tens] + (_WORDS[units] if units else 0.0)


def _unit(unit: str) -> str:
    """One name for each unit, however it is written; "count" if there is none."""
    if not unit:
        return "count"
    if unit in ("%", "per cent", "percent") or unit.startswith("percentage"):
        return "percent"
    if unit.startswith(("dollar", "euro")):
        return "money"
    if unit in ("lb", "lbs") or unit.startswith("pound"):
        return "pound"
    if unit == "kg" or unit.startswith("kilo"):
        return "km" if "met" in unit else "kg"
    if unit in ("feet", "foot", "ft"):
        return "foot"
    if "ton" in unit:
        return "ton"
    return {"metre": "meter", "meters": "meter", "metres": "meter", "kph": "km/h", "kmh": "km/h"}.get(
        unit, unit.rstrip("s")
    )
