"""What a sentence asserts that can be looked up: its figures, dates, names, negations and who says it.

Each function tells what of a claim is not borne out by evidence, as words that a person can read, or what was found.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from rag.article import Article, Sentence
from rag.speech import speaker
from rag.speech.attributions import QUOTED, Attribution, attributions, is_name
from rag.speech.quotations import quotations
from rag.text.date_patterns import MONTH, MONTHS, WEEKDAY, WEEKDAYS
from rag.text.dates import relative_dates
from rag.text.names import missing, plain
from rag.text.quantities import Quantity, quantities
from rag.text.words import STOP_WORDS, WORD, stem

_MONTH = re.compile(rf"\b{MONTH}(?! \w+ed)")
_WEEKDAY = re.compile(rf"\b{WEEKDAY}\b")
_ABOVE = re.compile(r"\b(?:more than|over|at least|exceeding|upwards? of|in excess of)\s+[$£€¥]?\s?$", re.IGNORECASE)
_BELOW = re.compile(r"\b(?:less than|under|fewer than|at most|up to|below)\s+[$£€¥]?\s?$", re.IGNORECASE)
_ABOUT = re.compile(
    r"\b(?:about|around|roughly|nearly|almost|approximately|some|close to|an estimated)\s+[$£€¥]?\s?$", re.IGNORECASE
)
_NEAR = 0.1
"""How far, as a share, a figure that is told as "about", "over" or "under" so much may be from the evidence's."""
_ALSO_FIGURES = {"couple": 2.0, "pair": 2.0, "both": 2.0, "twice": 2.0, "double": 2.0, "single": 1.0, "once": 1.0}
_NEGATOR = re.compile(
    r"\b(?:not|never|no|none|nobody|nothing|neither|nor|without|cannot|\w+n['’]t|fail(?:s|ed|ing)?|"
    r"den(?:y|ies|ied|ying)|refus(?:e|es|ed|ing)|declin(?:e|es|ed|ing)|unable|unlikely|hardly|barely|lack(?:s|ed|ing)?|"
    r"rul(?:e|ed|es) out|stopped short)\b",
    re.IGNORECASE,
)
_DENIED = (
    r"lie[sd]?|lying|false|untrue|hoax|fabricated|fake|den(?:y|ies|ied|ying)|refut\w+|disput\w+|debunk\w+|reject\w+"
)
_DENIAL = re.compile(rf"\b(?:{_DENIED})\b", re.IGNORECASE)
_POSSIBLE = re.compile(
    r"\b(?:may(?! \d)|might|could have|possibly|perhaps|alleged(?:ly)?|reportedly|believed to|suspected|rumou?r\w*)\b"
)
_HEDGED = re.compile(
    r"\b(?:may|might|could|would|possibl[ey]|perhaps|probabl[ey]|likely|alleg\w*|reportedly|believe\w*|expect\w*|suspect\w*|"
    r"apparent\w*|appear\w*|seem\w*|suggest\w*|potential\w*|rumou?r\w*|thought|said|says|claim\w*)\b",
    re.IGNORECASE,
)
_NOT_NEGATING = re.compile(
    r"\b(?:not only|no longer than|nothing but|no doubt|whether or not|no\.? \d)\b", re.IGNORECASE
)
_STRAIGHT = str.maketrans("“”„‟’‘", '""""\'\'')
_LEAST_QUOTED = 4
"""Words: fewer between quotation marks are a name, or an expression."""
_AGENCIES = frozenset(("reuters", "ap", "afp", "press", "agency", "xinhua", "tass"))


@dataclass(frozen=True, slots=True)
class ClaimEvidence:
    """Sentences of one article that are to bear a claim out; `main` is the one of them that bears most of it."""

    article: Article
    spans: tuple[Sentence, ...]
    main: Sentence

    @property
    def text(self) -> str:
        return " ".join(self.article.text[each.start : each.end] for each in self.spans)


def wrong_figure(claim: str, evidence: ClaimEvidence) -> str | None:
    """The first of the claim's figures that no figure of the evidence equals; None where all are found."""
    told = quantities(evidence.text)
    others = {value for word, value in _ALSO_FIGURES.items() if re.search(rf"\b{word}\b", evidence.text, re.IGNORECASE)}
    for each in quantities(claim):
        words = claim[each.start : each.end]
        if each.kind == "in year" or each.value == 0 or (each.value == 1 and not any(map(str.isdigit, words))):
            continue
        if each.kind == "date" and _date_told(each, evidence):
            continue
        name = re.search(r"[A-Z][\w-]*\s$", claim[: each.start])
        if name and name.group() + words in " ".join(evidence.text.split()):
            continue  # "Apollo 11"
        if words.startswith("No") and words in f"{evidence.article.title} {evidence.article.text}":
            continue  # "the No. 4 tram": a name, that its article need not repeat
        if each.value in others or any(_same(each, other, claim) for other in told):
            continue
        return words
    return None


def _same(claimed: Quantity, told: Quantity, claim: str) -> bool:
    if claimed.same_as(told) or (claimed.value == told.value and "count" in (claimed.kind, told.kind)):
        return True
    if {claimed.kind, told.kind} & {"date", "clock", "in year", "ordinal"} or not told.value:
        return False
    before, apart = claim[: claimed.start], (claimed.value - told.value) / told.value
    if _ABOVE.search(before):
        return -_NEAR <= apart <= 0
    if _BELOW.search(before):
        return 0 <= apart <= _NEAR
    # "143 million" for "143.2 million": rounded as it is written.
    return abs(apart) <= (_NEAR if _ABOUT.search(before) or told.about else 0.0)


def _date_told(claimed: Quantity, evidence: ClaimEvidence) -> bool:
    """Whether a day of the year is what "on Monday" in the evidence comes to."""
    return any(
        first.month * 100 + first.day == claimed.value for first, last in _computed(evidence) if (last - first).days < 2
    )


def wrong_date(claim: str, evidence: ClaimEvidence) -> str | None:
    """The first year, month or weekday of the claim that the evidence neither tells nor comes to; None where none."""
    computed = _computed(evidence)
    text = evidence.text
    told_years = {int(each) for each in re.findall(r"\b(?:1[89]|20)\d\d\b", text)}
    years = told_years | {day.year for span in computed for day in span}
    if evidence.article.published and not told_years:
        years.add(int(evidence.article.published[:4]))
    for match in re.finditer(r"(?<![$£€¥\d,.])\b(?:1[89]|20)\d\d\b(?![,.]\d)", claim):
        if int(match.group()) not in years and match.group() not in text:
            return match.group()
    months = {match[0][:3] for match in _MONTH.finditer(text)} | {
        MONTHS[day.month - 1][:3] for span in computed for day in span if (span[1] - span[0]).days < 32
    }
    for match in _MONTH.finditer(claim):
        if match[0][:3] not in months and not re.search(rf"\b{match[0][:3]}\w+", text):
            return match.group()
    weekdays = set(_WEEKDAY.findall(text)) | {WEEKDAYS[first.weekday()] for first, last in computed if first == last}
    for match in _WEEKDAY.finditer(claim):
        if match[0] not in weekdays:
            return match.group()
    return None


def _computed(evidence: ClaimEvidence) -> list[tuple[date, date]]:
    if not evidence.article.published:
        return []
    published = date.fromisoformat(evidence.article.published[:10])
    return [
        (each.first, each.last)
        for span in evidence.spans
        for each in relative_dates(evidence.article.text[span.start : span.end], published)
    ]


def missing_names(claim: str, evidence: ClaimEvidence) -> tuple[list[str], list[str]]:
    """The claim's names that stand nowhere in the evidence's article, and those that stand only elsewhere in it."""
    near = f"{evidence.text} {evidence.article.outlet or ''} {evidence.article.origin or ''}"
    return missing(claim, near, f"{evidence.article.title or ''} {evidence.article.text}")


def negations(text: str) -> list[int]:
    """Where the text negates, in characters."""
    hidden = _NOT_NEGATING.sub(lambda match: "x" * len(match.group()), text)
    return [match.start() for match in _NEGATOR.finditer(hidden)]


def denies(text: str) -> bool:
    """Whether the text says of something that it is not so."""
    return bool(_DENIAL.search(text))


def tells_as_certain(claim: str, evidence: str) -> bool:
    """Whether the claim tells plainly what the evidence tells as possible or alleged only."""
    return bool(_POSSIBLE.search(evidence)) and not _HEDGED.search(claim)


def attribution(claim: str) -> str | None:
    """Who the claim says to be speaking: a name, a pronoun or a description; None where it attributes nothing."""
    masked = list(claim)
    for each in quotations(claim):
        masked[each.start : each.end] = QUOTED * (each.end - each.start)
    found: list[Attribution] = attributions("".join(masked))
    return found[0].subject if found else None


def who_speaks(evidence: ClaimEvidence, sentences: Sequence[Sentence]) -> str | None:
    """Whose words the evidence's main sentence tells, "" where that is not known; None where nobody's."""
    return speaker(evidence.article, evidence.main, sentences)


def in_a_voice(claim: str) -> bool:
    """Whether the claim says "I" or "we", or exclaims, outside quotation marks: somebody's words, as if its own."""
    told = re.sub(r'"[^"]*"', "", claim.translate(_STRAIGHT))
    return bool(re.search(r"\b(?:I|I'm|I've|my|me|we|We|our|us)\b|!", told))


def leans(evidence: ClaimEvidence) -> bool:
    """Whether the evidence is two sentences of which the second says of whom the first tells what "he" or "it" does."""
    second = evidence.article.text[evidence.spans[-1].start :]
    return len(evidence.spans) == 2 and bool(re.match(r"(?:He|She|It|They|His|Her|Its|Their)\b", second))


def wrong_quote(claim: str, evidence: ClaimEvidence) -> str | None:
    """The first words that the claim puts between quotation marks and that do not stand in the article; None for none.

    A mark that is not closed, or not opened, counts as well: a model forgets one easily.
    """
    plain_claim = claim.translate(_STRAIGHT)
    parts = plain_claim.split('"')
    if len(parts) % 2 == 0:  # the one mark that is left over closes what stands before it, or opens what follows
        parts = ["", *parts] if re.search(r"[,.!?]$", parts[0]) else [*parts, ""]
    said = _bare(evidence.article.text)
    for quoted in parts[1::2]:
        if len(WORD.findall(quoted)) >= _LEAST_QUOTED and _bare(quoted) not in said:
            return quoted.strip()
    return None


def _bare(text: str) -> str:
    """The words alone, in small letters, each between spaces."""
    return f" {' '.join(WORD.findall(text.translate(_STRAIGHT).lower()))} "


def wrong_speaker(claim: str, evidence: ClaimEvidence, sentences: Sequence[Sentence]) -> str | None:
    """Whom the claim says to speak, where the evidence is another's words or nobody's; None where nothing is wrong."""
    said_by = attribution(claim)
    if said_by is None or said_by.lower() in ("he", "she", "they", "it"):
        return None
    asked = _words_of(said_by)
    if asked & _words_of(f"{evidence.article.outlet or ''} {evidence.article.origin or ''}"):
        return None
    who = who_speaks(evidence, sentences)
    if who and _words_of(who) & asked:
        return None
    beside = _words_of(evidence.article.text[evidence.main.start : evidence.main.end])
    if not who or not is_name(said_by) or {word.lower() for word in WORD.findall(who)} & _AGENCIES:
        # Nobody is known to speak, or by another description: the sentence itself may say who ("the founder, X").
        return None if 2 * len(asked & beside) > len(asked) else said_by
    return said_by


def _words_of(who: str) -> set[str]:
    return {stem(plain(word)) for word in WORD.findall(who) if word.lower() not in STOP_WORDS}
