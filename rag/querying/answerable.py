"""Whether the evidence holds the kind of thing that is asked for: an amount, a number of these, the name of those.

Similarity does not tell: a question that the articles leave open is as near to them as one that they answer.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from functools import partial

from rag.querying.evidence import Candidate
from rag.querying.understand import WORD, stem, terms
from rag.speech import NAME

LEAST_SHARE = math.log(2)
"""In log odds: where the best sentence that holds the thing is less than half as likely to answer as the best of all,
the thing is told of something else.
"""

_NUMBER = (
    r"(?:\d[\d,.]*(?:st|nd|rd|th)?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|dozens?|hundreds?|thousands?|"
    r"millions?|none|no)"
)
_LENGTH = r"(?:km|kilomet\w+|miles?|feet|foot|ft|m|met(?:er|re)s?|yards?|inch(?:es)?|cm|mm|light-years?|acres?|blocks?)"
_PERIOD = r"(?:seconds?|minutes?|hours?|days?|nights?|weeks?|months?|years?|decades?|centur\w+)"
_COUNT = rf"\b(?:{_NUMBER}|an?|several|few|half|couple)(?:[\s-](?:and|to|or|a|of|half|about|{_NUMBER}))*[\s-]"
_MONEY_ASKED = (
    r"\bhow much (?:\w+ )?money\b|"
    r"\bhow much (?:do|does|did|would|will|was|were|is|are)\b.*"
    r"\b(?:cost|pay|paid|spend|spent|earn|owe|worth|sell for|sold for)\b|"
    r"\b(?:what|which)(?: [\w'’-]+){0,5} (?:salary|revenue|price|cost|fee|budget|payment|wage)\b"
)
_MONEY = (
    r"[$£€¥]\s?\d|"
    r"\b\d[\d,.]*\s?(?:million |billion |trillion )?(?:dollars?|euros?|cents?|yuan|yen|USD|EUR|GBP|bitcoins?|"
    r"crowns?|kron\w+|francs?|rupees?|rou?bles?|pesos?|won|naira|rand|lira|shekels?|riyals?|dirhams?)\b"
)
_WEIGHT_ASKED = r"\bhow heavy\b|\bhow much (?:do|does|did)\b.*\bweigh\b|\bwhat\b.*\bweight\b"
_WEIGHT = rf"{_COUNT}(?:kg|kilo\w*|tons?|tonnes?|pounds?|lbs?|grams?|ounces?|stone)\b"
_LENGTHS = rf"{_COUNT}{_LENGTH}\b|\b\d[\d,.]*-?{_LENGTH}\b"
_PERIODS = rf"{_COUNT}{_PERIOD}\b|\b\d[\d,.]*-?{_PERIOD}\b|\b(?:years|months|weeks|days|hours)\b"
_SHARE = r"%|\bper ?cent|\b(?:half|third|quarter|fifth)s?\b|\b(?:one|two|three|four|nine) (?:in|out of)\b"
_QUANTITIES = [
    # What a question asks, what a sentence must hold, and how the lack of it is told.
    (_MONEY_ASKED, _MONEY, "gives that amount of money"),
    (_WEIGHT_ASKED, _WEIGHT, "says how heavy that is"),
    (r"\bhow (?:far|tall|high|deep|wide)\b", _LENGTHS, "gives that measure"),
    (r"\bhow long\b(?! ago)", rf"{_PERIODS}|{_LENGTHS}", "says how long that was"),
    (r"\bhow old\b", r"\b\d{1,3}\b|-year-old", "gives that age"),
    (r"\b(?:what|which) (?:percentage|percent|proportion)\b", _SHARE, "gives that share"),
]
_HOW_MANY = re.compile(
    r"\bhow many (?!of\b)(?P<what>(?:[\w'’-]+ ){0,3}?[\w'’-]+)(?= (?:of|did|do|does|was|were|are|is|had|has|have|would|"
    r"could|can|will|who|that|which|in|on|at|for|to|from|by|with|after|before|went|took|got|came|died|\w+ed|\w+ly)\b|\?|"
    r"$)",
    re.IGNORECASE,
)
_COUNTED = re.compile(rf"\b{_NUMBER}((?:[\s-]+(?!\d)[\w'’-]+){{1,5}})", re.IGNORECASE)
_DEAD = re.compile(r"\b(?:kill|dead|di(?:ed?|es|ing)|death|fatal|toll)", re.IGNORECASE)
_HURT = re.compile(r"\b(?:injur|wound|hurt)", re.IGNORECASE)
_NAME_OF = re.compile(
    r"\bnames? of (?P<what>(?:[\w'’-]+ )*?[\w'’-]+)(?= (?:that|who|which|whose|in|on|at|for|from|to|after|before|"
    r"during|said|\w+ed|\w+ly)\b|[,?]|$)",
    re.IGNORECASE,
)


def lacking(question: str, found: Sequence[Candidate], worth: Sequence[float]) -> str | None:
    """What none of the sentences does, as words that follow "none of them", or None where that cannot be said.

    `worth` holds for each of the sentences `found` the log odds that it answers.
    """
    told = _wanted(question)
    if told is None:
        return None
    holds, words = told
    best = max((value for each, value in zip(found, worth, strict=True) if holds(each)), default=-math.inf)
    return words if best < max(worth) - LEAST_SHARE else None


def counts(question: str) -> bool:
    """Whether the question asks how many there are of something."""
    return bool(_HOW_MANY.search(question))


def counted(question: str, text: str) -> str | None:
    """The number with which the sentence `text` counts what `question` counts ("how many people …"), with its words."""
    asks = _HOW_MANY.search(question)
    things = set(terms(asks["what"])) if asks else set()
    counts = [match for match in _COUNTED.finditer(text) if things & set(terms(match[1]))]
    return counts[0].group() if counts else None


def same_fate(question: str, words: str) -> bool:
    """Whether `words` count what befell people as `question` does: the dead are not counted with the hurt."""
    return all(bool(fate.search(words)) for fate in (_DEAD, _HURT) if fate.search(question))


def _wanted(question: str) -> tuple[Callable[[Candidate], bool], str] | None:
    """How a sentence is seen to hold what `question` asks for, and how the lack of it is told."""
    for asked, holds, words in _QUANTITIES:
        if re.search(asked, question, re.IGNORECASE):
            return partial(_holds, holds), words
    if asks := _HOW_MANY.search(question):
        what = asks["what"]
        return (lambda each: counted(question, each.text) is not None), f"says how many {what}"
    if named := _NAME_OF.search(question):
        return lambda each: _names(each.text, named["what"], question), f"names {named['what']}"
    return None


def _holds(pattern: str, each: Candidate) -> bool:
    return bool(re.search(pattern, each.text, re.IGNORECASE))


def _names(text: str, what: str, question: str) -> bool:
    """Whether the sentence puts a name to `what` ("the driver"): beside its noun, or after "named", "called"."""
    noun = re.sub(r"(?:ie)?s$", "", WORD.findall(what)[-1])
    asked = {stem(word) for word in WORD.findall(question)}
    beside = (
        rf"\b{noun}\w*,? (?:(?:is|was|were|are|named|called|identified as|known as|dubbed) )*({NAME})",
        rf"({NAME}),? (?:\d+, )?(?:(?:an?|the|its|their|his|her|another) )?(?:[\w-]+ ){{0,2}}{noun}",
    )
    for pattern in beside:
        for match in re.finditer(pattern, text):
            opens = match.start() == 0 and len(match[1].split()) == 1  # a capital that only begins the sentence
            if not opens and not {stem(word) for word in WORD.findall(match[1])} & asked:
                return True
    return False
