"""What answers and sentences are compared by: their figures, else the words that carry meaning."""

from __future__ import annotations

import re

from rag.text.names import spelled_alike
from rag.text.quantities import figures_in, quantities
from rag.text.words import WORD, content

SAME_SENTENCE = 0.6
"""Share of common words above which two sentences say the same in nearly the same words."""
SHARED_WORDS = 0.5
"""Share of the shorter answer's words from which two answers without figures are the same."""
MOST_WORDS = 14
"""Words of an answer in a heading or a direct line: what is longer is a sentence, and stands below anyway."""
MOST_OF_THE_SENTENCE = 0.7
_EDGES = " \t\n,;:.!?–—-"
_PAIRS = {"“": "”", "(": ")", "[": "]"}
_ABBREVIATED = re.compile(r"(?:\b[A-Za-z]\.[A-Za-z]|\b(?:Jr|Sr|Inc|Ltd|Co|Corp|[ap]\.m))$")
"""What ends with a full stop of its own."""


def short_answer(words: str, sentence: str) -> str:
    """The words that answer, without the marks around them; "" if they are no short part of their sentence."""
    words = " ".join(words.split()).strip(_EDGES)
    for opening, closing in _PAIRS.items():
        words = words.removeprefix(opening) if closing not in words else words
        words = words.removesuffix(closing) if opening not in words else words
    words = words[1:] if words.count('"') == 1 and words[0] == '"' else words
    words = words[:-1] if words.count('"') == 1 and words[-1] == '"' else words
    words = words.strip(_EDGES)
    if _ABBREVIATED.search(words) and f"{words}." in " ".join(sentence.split()):
        words += "."
    count = len(words.split())
    if count > MOST_WORDS or count > MOST_OF_THE_SENTENCE * len(sentence.split()):
        return ""
    return words


def value_of(words: str) -> frozenset[str]:
    """What is compared of the words that answer: their figures, in digits; else the stems of those that name things."""
    return figures_in(words) or frozenset(content(words))


def alike(one: str, other: str) -> bool:
    """Whether two sentences say the same in nearly the same words; never where their figures differ."""
    if figures_in(one) != figures_in(other):
        return False
    a, b = set(WORD.findall(one.lower())), set(WORD.findall(other.lower()))
    return len(a & b) > SAME_SENTENCE * min(len(a), len(b))


def same_figures(one: str, other: str) -> bool | None:
    """Whether two answers give the same figure; None if one of them gives none, or they measure different things."""
    a, b = quantities(one), quantities(other)
    comparable = [(x, y) for x in a for y in b if x.kind == y.kind or {x.kind, y.kind} <= {"count", "added"}]
    if not comparable:
        return None
    return any(x.same_as(y) for x, y in comparable)


def same_words(one: str, other: str) -> bool:
    """Whether two answers have most of their words in common; a name may be spelled in another way."""
    a, b = sorted((content(one), content(other)), key=len)
    common = sum(any(spelled_alike(word, each) for each in b) for word in a)
    return bool(a) and common > SHARED_WORDS * len(a)
