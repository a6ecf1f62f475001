"""What two sentences say of the same thing: the same value or another one.

Like is compared with like: two figures of one kind of which both count the same, in contexts that are alike; two names
between the same words; a word that only one of the sentences negates.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.coverage.people import same_person
from rag.library.word_vectors import WordVectors
from rag.text.quantities import Quantity
from rag.text.words import WORD

NEGATION_COUNTS = 0.8
"""How far a negated word tells of a contradiction, of a figure's 1: "not" may deny another thing."""
NEGATED_WORDS, NEGATED_WITHIN, DENIED_BEFORE = 2, 40, 50
"""A negation's reach: so many words, within so many characters; and where another word's own is looked for."""
GIVEN_TO_MANY = 0.5
"""How far one year or rank in both tells that they say the same, of another figure's 1: many things have it."""
SAME_BEGINNING = 4
"""Letters: "Brits" are British."""
_NOT = re.compile(r"\b(?:not|never|without|cannot|neither|nor)\b|n['’]t\b", re.IGNORECASE)
_DENIED = re.compile(
    rf"{_NOT.pattern}|\b(?:no|nobody|none|nothing|den(?:y|ied|ies)|unlikely|fail(?:ed|s|ure)?|refus(?:ed|es))\b",
    re.IGNORECASE,
)


def values(one: WordVectors, other: WordVectors) -> tuple[float, float]:
    """How alike, from 0 to 1, the contexts are of a figure that both give; and of two values that contradict."""
    same = differing = 0.0
    for a in one.figures:
        for b in other.figures:
            if a.same_as(b):
                share = GIVEN_TO_MANY if {a.kind, b.kind} & {"in year", "ordinal"} else 1.0
                same = max(same, share * _alike(one, a, other, b))
            elif a.kind == b.kind and not _has(other, a) and not _has(one, b) and not _of_others(one, a, other, b):
                differing = max(differing, _alike(one, a, other, b))
    denied = max(_denied(one, other), _denied(other, one))
    return same, max(differing, _other_name(one, other), NEGATION_COUNTS * denied)


def denies(text: str) -> bool:
    """Whether a word of the text negates or denies something."""
    return bool(_DENIED.search(text))


def _has(sense: WordVectors, figure: Quantity) -> bool:
    """Whether the sentence gives the figure too, or two that add up to it: "12 people", "ten guests and two pilots"."""
    if any(figure.same_as(each) for each in sense.figures):
        return True
    parts = [each.value for each in sense.figures if each.kind == figure.kind]
    return any(part + parts[m] == figure.value for n, part in enumerate(parts) for m in range(n))


def _of_others(one: WordVectors, a: Quantity, other: WordVectors, b: Quantity) -> bool:
    """Whether they count things that are named otherwise: "40 Danish boats", "60 Swedish boats"."""
    names, others = (
        {sense.stems[n] for n in sense.counted(figure.end) if sense.is_capital(n)}
        for sense, figure in ((one, a), (other, b))
    )
    alike = any(a[:SAME_BEGINNING] == b[:SAME_BEGINNING] for a in names for b in others)
    return bool(names and others) and not alike


def _alike(one: WordVectors, a: Quantity, other: WordVectors, b: Quantity) -> float:
    """How alike the things counted are, by what stands about the figures; of bare counts, also by what they count."""
    alike = max(0.0, float(one.context(a.start, a.end) @ other.context(b.start, b.end)))
    if {a.kind, b.kind} <= {"count", "added"}:
        counted, others = one.vectors[one.counted(a.end)], other.vectors[other.counted(b.end)]
        alike += max(0.0, float((counted @ others.T).max())) if len(counted) and len(others) else 0.0
        alike /= 2
    return alike


def _other_name(one: WordVectors, other: WordVectors) -> float:
    """How alike the contexts are of two names between the same words that only one of the sentences has each."""
    names = [list(_names(one, other)), list(_names(other, one))]
    return max(
        (
            max(0.0, float(one.context(*a.span()) @ other.context(*b.span())))
            for before, a, after in names[0]
            for also_before, b, also_after in names[1]
            if (before, after) == (also_before, also_after) and not same_person(a.group(), b.group())
        ),
        default=0.0,
    )


def _names(sense: WordVectors, other: WordVectors) -> Iterator[tuple[str, re.Match[str], str]]:
    """The capitalised words within the sentence that the other does not have, between the words before and after."""
    said = {_plain(word) for word in WORD.findall(other.text)}
    words = list(WORD.finditer(sense.text))
    after = [each.group().lower() for each in words[2:]] + [""]
    for before, word, next_word in zip(words, words[1:], after, strict=False):
        counted = before.group()[-1].isdigit()
        if word.group()[0].isupper() and not counted and _plain(word.group()) not in said:
            yield before.group().lower(), word, next_word


def _plain(word: str) -> str:
    return re.sub(r"['’]s?$|\.", "", word).lower()


def _denied(one: WordVectors, other: WordVectors) -> float:
    """How alike the contexts are of a word that `one` negates and `other` does not; names are none."""
    alike = 0.0
    for negation in _NOT.finditer(one.text):
        end = negation.end()
        reach = [n for n, (start, _) in enumerate(one.words) if end <= start < end + NEGATED_WITHIN][:NEGATED_WORDS]
        for n in reach:
            for m, word in enumerate(other.stems):
                start = other.words[m][0]
                denied = _DENIED.search(other.text, max(0, start - DENIED_BEFORE), start)
                if word == one.stems[n] and not one.is_capital(n) and not denied:
                    alike = max(alike, float(one.context(*one.words[n]) @ other.context(*other.words[m])))
    return alike
